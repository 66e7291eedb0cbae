"""musicnn and its VGG by NumPy alone, straight from a checkpoint's tensors: the authors' models.py written out.

Arrays are (batch, time, band, channel), as in TensorFlow. Every function takes the checkpoint as arrays by name.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def spectrogram(y):
    """The authors' front end over samples at 16 kHz (time, band), with the integers of the NumPy of 2019: its
    `10000 * float16` is in single precision."""
    import librosa

    mels = librosa.feature.melspectrogram(y=y, sr=16000, hop_length=256, n_fft=512, n_mels=96).T
    return np.log10(10000 * mels.astype(np.float16).astype(np.float32) + 1)


def patches(x):
    """The spectrogram (time, band) in patches of 187 frames, end to end; the rest is left out."""
    return np.stack([x[i : i + 187] for i in range(0, len(x) - 187 + 1, 187)])


def norm(t, number, x):
    name = "batch_normalization" + (f"_{number}" if number else "")
    scale = t[f"{name}/gamma"] / np.sqrt(t[f"{name}/moving_variance"] + 1e-3)
    return (x - t[f"{name}/moving_mean"]) * scale + t[f"{name}/beta"]


def conv(t, name, x):
    """Valid convolution and ReLU."""
    kernel = t[f"{name}/kernel"]
    windows = sliding_window_view(x, kernel.shape[:2], axis=(1, 2))  # batch, time, band, in, height, width
    y = np.einsum("btfihw,hwio->btfo", windows, kernel, optimize=True)
    return np.maximum(y + t[f"{name}/bias"], 0)


def padded(x, before, after, axis=1):
    widths = [(0, 0)] * 4
    widths[axis] = (before, after)
    return np.pad(x, widths)


def numbered(name, i):
    return f"{name}_{i}" if i else name


def musicnn(t, x):
    """Tags (batch, 50) and layers by name, of patches (batch, time, band)."""
    x = norm(t, 0, x[..., None].astype(np.float64))
    maps = []
    for i, length in enumerate([7, 7, 128, 64, 32]):
        y = conv(t, numbered("conv2d", i), padded(x, (length - 1) // 2, length // 2))
        maps.append(norm(t, i + 1, y).max(axis=2))
    layers = {"timbral": np.concatenate(maps[:2], 2), "temporal": np.concatenate(maps[2:], 2)}
    so_far = [np.concatenate(maps, 2)]
    for i in (5, 6, 7):
        y = conv(t, f"conv2d_{i}", padded(so_far[-1][..., None], 3, 3))
        y = norm(t, i + 1, y)[:, :, 0]
        so_far.append(y if i == 5 else y + so_far[-1])
    layers |= dict(zip(("cnn1", "cnn2", "cnn3"), so_far[1:], strict=True))
    everything = np.concatenate(so_far, 2)
    pooled = np.stack([everything.max(1), everything.mean(1)], 2).reshape(len(x), -1)
    dense = np.maximum(norm(t, 9, pooled) @ t["dense/kernel"] + t["dense/bias"], 0)
    layers["penultimate"] = norm(t, 10, dense)
    return sigmoid(layers["penultimate"] @ t["dense_1/kernel"] + t["dense_1/bias"]), layers


def vgg(t, x):
    """Tags (batch, 50) and layers by name, of patches (batch, time, band)."""
    x, layers = norm(t, 0, x[..., None].astype(np.float64)), {}
    for i, (height, width, stride) in enumerate([(4, 1, 2), (2, 2, 2), (2, 2, 2), (2, 2, 2), (4, 4, 4)], 1):
        x = norm(t, i, conv(t, f"{i}CNN", padded(padded(x, 1, 1), 1, 1, axis=2)))
        x = sliding_window_view(x, (height, width), axis=(1, 2))[:, ::stride, ::stride].max((4, 5))
        layers[f"pool{i}"] = x
    layers["penultimate"] = x.reshape(len(x), -1)
    return sigmoid(layers["penultimate"] @ t["dense/kernel"] + t["dense/bias"]), layers


def sigmoid(x):
    return 1 / (1 + np.exp(-x))
