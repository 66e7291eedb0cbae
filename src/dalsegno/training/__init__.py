"""What every trained network shares: the training loop, its batches, folds and seeds, and prediction. No family and no architecture."""
