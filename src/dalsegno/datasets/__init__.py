"""One file per data set; `dataset.name` in params.yaml is the file's name."""
