"""What maintains the repository's own files: nothing here runs in a stage."""
