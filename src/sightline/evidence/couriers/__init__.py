"""Who sends what: one courier per channel of the outbox, each reading what it needs when it sends."""
