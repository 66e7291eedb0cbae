"""The sections of the paper, a file each: what was there before any model, how models were made, what was measured, what follows."""
