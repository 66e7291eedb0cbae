"""What is done to batches on their way into a network: augmentation, and preprocessing that belongs to the model."""
