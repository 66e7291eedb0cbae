"""The data doctor: it lists a data set's files, decodes each once, and names faults and copies. No split and no feature."""
