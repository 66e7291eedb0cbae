"""Pretrained weights: reading a file of them, what they were trained on, and the backbone they make. No training."""
