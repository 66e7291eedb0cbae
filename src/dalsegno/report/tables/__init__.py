"""The tables that the page, the paper and the Markdown file have in common: the same values in the same words and order."""
