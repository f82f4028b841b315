"""Stand-ins and builders for tests of this product and of those built on it."""
