"""What the product knows about people in a shop. No file, clock, thread or log in here."""
