"""What a setting of a search may be drawn from, as params.yaml and search.json say it."""

LISTED = ("choice", "int")
"""Those of which a grid has every value; it draws from the others at each of its points."""
RANGES = ("uniform", "loguniform", "int", "logint")
KINDS = (*RANGES, "choice", "fixed")
