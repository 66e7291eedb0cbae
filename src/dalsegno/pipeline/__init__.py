"""How a stage runs: errors, parameters, checks, progress and whole files. No audio, no model, and nothing that stages pass on."""
