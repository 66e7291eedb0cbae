"""One file per kind of spectrogram: `spectrograms.<key>.kind` names it."""
