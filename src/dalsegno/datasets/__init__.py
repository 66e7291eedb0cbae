"""One adapter per layout of data; `dataset.name` in params.yaml is the file's name. No adapter imports another."""
