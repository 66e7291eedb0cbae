"""dalsegno: a reproducible DVC workflow for music audio classification."""
