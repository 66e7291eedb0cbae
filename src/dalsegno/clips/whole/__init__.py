"""The data set as a whole: what is odd about it, what it can show, and what it cannot."""
