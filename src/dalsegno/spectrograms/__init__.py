"""One file per kind of spectrogram; `spectrograms.<key>.kind` names it.

Each has Params (the entry's `options:`), `blocks(path, p)` and `meta(p)`. Nothing here knows of labels or networks.
"""
