"""Which clips hold the same recording: by their charts, by their waveforms. What follows from that is decided elsewhere."""
