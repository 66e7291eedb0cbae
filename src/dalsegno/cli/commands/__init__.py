"""Commands about data, parameters, weights and results: each file is one, with its arguments and what it runs."""
