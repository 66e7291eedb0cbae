"""From a file to spectra in decibels. No labels, no features, and no network."""
