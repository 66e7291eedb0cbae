"""What DVC's record of a run cannot tell: what entries that are gone have left behind, and what was edited while a stage ran."""
