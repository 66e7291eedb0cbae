"""What makes files for the user: skeletons of new code, and the completion of the shell."""
