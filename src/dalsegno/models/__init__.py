"""One file per architecture, each a leaf; `arch` in params.yaml is the file's name."""
