"""Settings of params.yaml in words: what one is called, and what a value of it means."""
