"""From frames to events: the loop of one camera or recording, and what follows when it is done."""
