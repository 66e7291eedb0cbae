"""The kinds of stored models, a file each, named as model_file.NEEDED names them: asked about a file, by each fold and seed."""
