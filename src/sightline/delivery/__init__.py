"""What leaves the site, one technology per file. Plain arguments in, a receipt or one of our errors out."""
