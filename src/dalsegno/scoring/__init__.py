"""From predictions to metrics, intervals and comparisons: the one place where a prediction is scored. No PyTorch and no training."""
