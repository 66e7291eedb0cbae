"""What the doctor says of a data set: for the terminal, and as a page. The stage clips needs this and the layout only."""
