"""How models were made, as far as scores are judged by it: what they read and what that took, and in what they differ."""
