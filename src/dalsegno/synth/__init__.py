"""Music from a seed: sounds, instruments, drums, styles and the pieces they make."""
