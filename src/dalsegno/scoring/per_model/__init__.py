"""What is said of each model besides the metrics: its windows, its seeds, its classes, and whether it is as sure as it is right."""
