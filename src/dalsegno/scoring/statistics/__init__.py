"""Intervals and tests of shares that come in independent units. Nothing here knows of models, files or parameters."""
