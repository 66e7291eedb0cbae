"""What every model learns from and leaves: the parts, the pieces of clips, checkpoints, predictions and numbers."""
