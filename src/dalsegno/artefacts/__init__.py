"""The files that pass between stages: one module per file, with its reader and its writer. No computation, and no plotting."""
