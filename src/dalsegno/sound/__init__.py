"""From a file to spectra in decibels, and the store of them. No labels, no features, and no network."""
