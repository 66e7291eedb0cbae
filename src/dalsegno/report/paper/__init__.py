"""The report as a paper in PDF: what it says, how each model was made in words, and its layout in Typst."""
