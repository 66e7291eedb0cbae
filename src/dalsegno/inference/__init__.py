"""A stored model on new sound: read, rebuilt, asked, explained and handed on. Nothing here trains, and no stage depends on it."""
