"""Stored models: which file a name means, what a file must hold, and the networks that are in it."""
