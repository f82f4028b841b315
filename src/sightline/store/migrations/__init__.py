"""The history of the database's shape. `sightline db upgrade` walks it forwards."""
