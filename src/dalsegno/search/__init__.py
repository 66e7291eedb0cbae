"""Search: many trials of one model's settings, judged on validation clips. Optuna draws and prunes; training is ours."""
