"""Weights that come inside Python packages, each package by a module of its own, and the formats they are in."""
