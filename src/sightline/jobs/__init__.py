"""Video jobs: files that people hand over, analysed one after the other."""
