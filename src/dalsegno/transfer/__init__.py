"""Networks that were trained on other data: their weights, their embeddings, new heads and fine-tuning. No training loop of its own."""
