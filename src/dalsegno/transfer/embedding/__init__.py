"""What the stage embeddings does with a backbone: it runs it, frozen, over every clip."""
