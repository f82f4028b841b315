"""Numbers about service, each computed from stored events, and each event naming its video."""
