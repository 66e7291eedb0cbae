"""The layout and the style that all pages share, and the one environment in which they are rendered."""
