"""The waveform network of recipes/nsynth_2022_waveform.yaml: three convolutions over 2,048 pooled samples of an NSynth note.

Its two networks and the bonus one are this one; they differ by the L1 and L2 penalties, which belong to training.
Translated from Keras: convolutions unpadded, pooling padded where the length does not divide and averaged over true
samples only, weights drawn as Glorot and Bengio (2010) do, biases zero.
"""

from collections import OrderedDict
from typing import Annotated

from pydantic import Field
from torch import nn

from dalsegno.pipeline.params import section

Count = Annotated[int, Field(ge=1)]


@section
class Params:
    """The published network by default. Every convolution but the last is followed by pooling and dropout."""

    channels: Annotated[tuple[Count, ...], Field(min_length=1)] = (32, 64, 128)  # of each convolution
    kernel_sizes: Annotated[tuple[Count, ...], Field(min_length=1)] = (3, 5, 5)  # in samples, one for each convolution
    pool_sizes: tuple[Count, ...] = (3, 5)  # samples averaged to one after each convolution but the last
    dense: Annotated[tuple[Count, ...], Field(min_length=1)] = (64, 32)  # widths of the hidden layers
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.2  # after each pooling and after the first hidden layer

    def __post_init__(self) -> None:
        n = len(self.channels)
        if (len(self.kernel_sizes), len(self.pool_sizes)) != (n, n - 1):
            raise ValueError(
                f"{n} 'channels' need {n} 'kernel_sizes' and {n - 1} 'pool_sizes'; there are "
                f"{len(self.kernel_sizes)} and {len(self.pool_sizes)}"
            )


def build(p: Params, input_shape: tuple[int, ...], n_labels: int) -> nn.Module:
    """Map a batch of waveforms, (batch, channel, sample), to logits, (batch, label).

    Raises ValueError if input_shape is not (channels, samples), or shorter than the convolutions need.
    """
    if len(input_shape) != 2:
        raise ValueError(f"wave1d takes waveforms, input shape (channels, samples); got {input_shape}")
    n_in, n_samples = input_shape
    least = _least(p)
    if n_samples < least:
        raise ValueError(
            f"wave1d convolves without padding and takes at least {least} samples; got {n_samples}: "
            "pool the waveform less, or give it smaller kernel_sizes or pool_sizes"
        )
    blocks = []
    for n_out, kernel_size, pool_size in zip(p.channels, p.kernel_sizes, (*p.pool_sizes, 1), strict=True):
        n_samples -= kernel_size - 1
        pooling = [_average(n_samples, pool_size), nn.Dropout(p.dropout)] if len(blocks) < len(p.pool_sizes) else []
        blocks.append(nn.Sequential(nn.Conv1d(n_in, n_out, kernel_size), nn.ReLU(), *pooling))
        n_in, n_samples = n_out, -(-n_samples // pool_size)
    widths = (n_in * n_samples, *p.dense)
    tail = [nn.Sequential(nn.Linear(*sizes), nn.ReLU()) for sizes in zip(widths, p.dense, strict=False)]
    tail[0].append(nn.Dropout(p.dropout))
    body = nn.Sequential(*blocks, nn.Flatten(), *tail)
    model = nn.Sequential(OrderedDict(body=body, head=nn.Linear(widths[-1], n_labels)))
    for module in model.modules():
        if isinstance(module, nn.Conv1d | nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return model


def _average(n_samples: int, size: int) -> nn.AvgPool1d:
    """Keras' average pooling with 'same' padding: ceil(n_samples / size) means, the lesser part of the padding first."""
    before = (-n_samples % size) // 2
    return nn.AvgPool1d(size, padding=before, ceil_mode=True, count_include_pad=False)


def _least(p: Params) -> int:
    """Samples of which the last convolution leaves one."""
    n = p.kernel_sizes[-1]
    for kernel_size, pool_size in zip(p.kernel_sizes[-2::-1], p.pool_sizes[::-1], strict=True):
        n = (n - 1) * pool_size + 1 + kernel_size - 1
    return n
