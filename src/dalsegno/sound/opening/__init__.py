"""From the path of a sound file to an open one, of whatever header."""
