"""What there is to hear: the clips worth a listen, their excerpts and pictures, and who called them what."""
