"""Networks on spectrograms, and the crops of the store that they see; transfer and embeddings see the same."""
