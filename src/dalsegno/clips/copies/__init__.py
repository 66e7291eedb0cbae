"""The search for clips that hold the same recording, by their charts and waveforms. No judgement of what follows from it."""
