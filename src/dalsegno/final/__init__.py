"""Final: one model trained on every labelled clip, as cross-validation found best. No clip is left to judge it by."""
