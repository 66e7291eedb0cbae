"""Data sets that a table states: a row per clip, with its path, its label, and what else is known of it."""
