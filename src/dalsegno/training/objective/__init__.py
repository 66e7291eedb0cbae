"""What training minimises and how: losses and penalties, optimisers and schedules, and the ranges of their settings."""
