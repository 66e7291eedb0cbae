"""The spectrograms a run stores: `spectrograms:` in params.yaml, one entry a kind and its options."""

from dalsegno.params import chosen, section


@section
class Params:
    """`spectrograms.<key>:` in params.yaml."""

    kind: str  # a file of spectrograms/: logmel, stft, waveform, …
    options: chosen("dalsegno.spectrograms", by="kind")  # that file's Params
