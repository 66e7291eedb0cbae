"""Parameters of every analysis of sound in short frames: those of the spectrograms and those of the features."""

from typing import Annotated

from pydantic import Field

from dalsegno.pipeline.params import section

# What is more than these is a slip, or a model file that would take all memory.
Rate = Annotated[int, Field(ge=1000, le=1_000_000)]  # Hz
FrameLength = Annotated[int, Field(ge=16, le=1 << 16, multiple_of=2)]  # samples: 3 s at 22,050 Hz
Bands = Annotated[int, Field(ge=1, le=4096)]


@section
class Framing:
    """How a recording is read and cut into overlapping frames."""

    sample_rate_hz: Rate = 22050  # a recording with another rate is resampled
    peak_normalise: bool = False  # scale each clip so that its loudest sample is ±1
    denoise: Annotated[float, Field(ge=0, le=1)] = 0.0  # share of steady noise that is taken out of each clip
    trim_db: Annotated[float, Field(gt=0, le=200)] | None = None  # cut ends so far below the loudest frame; null: none
    n_fft: FrameLength = 2048  # samples per frame
    hop_length: Annotated[int, Field(ge=1)] = 512  # samples from one frame to the next

    def __post_init__(self) -> None:
        if self.hop_length > self.n_fft:
            raise ValueError(
                f"hop_length = {self.hop_length} is more than n_fft = {self.n_fft}: the sound between two frames would "
                "be left out; lower hop_length or raise n_fft"
            )
