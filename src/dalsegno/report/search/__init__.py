"""The page of a search: its trials, what they were worth, and what the best came to on the test clips."""
