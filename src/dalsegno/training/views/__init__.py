"""What a network sees of a stored clip, and how that is cut, normalised and augmented. No labels."""
