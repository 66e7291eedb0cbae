"""The data doctor: it lists the files of a data set, decodes each once, and names faults and copies. No split and no feature."""
