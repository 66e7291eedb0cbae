"""What the stage transfer does with a backbone: a head on embeddings, or fine-tuning beside a twin."""
