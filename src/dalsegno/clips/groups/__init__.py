"""Which clips must share a split, where no table says so: by the tags in the files, or by the folders they lie in."""
