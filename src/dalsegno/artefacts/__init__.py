"""What passes between stages: one module per file on disk, with its reader and its writer. No computation, and no plotting."""
