"""The section Listen of the page: its template, its style, its script, and the data as they stand inside it."""
