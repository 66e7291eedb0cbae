"""From spectra to a table of features per clip or segment. No model, and nothing that looks at labels."""
