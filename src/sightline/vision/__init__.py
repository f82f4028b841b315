"""Pictures in, people out: detectors behind one small protocol, and the catalogue of their models."""
