"""What settings of a model's entry are called in a sentence, and their values as one says them there."""

import json

from dalsegno.report.settings import phrases

NOUNS = {
    "activation": "the activation", "allow_missing": "the reason why clips may be missing", "arch": "the architecture", "augment": "augmentation", "balanced": "drawing every class equally often",
    "bands": "the number of bands that are learnt", "batch_norm": "batch normalisation", "batch_size": "the size of a batch",
    "blocks": "the number of blocks", "body_lr": "the learning rate of the backbone", "body_lr_decay": "the decay of the learning rate from block to block",
    "cepstra": "the number of profiles that start as cosines", "channels": "the number of channels", "class_weights": "weighting classes by their size",
    "clip_norm": "the limit on the gradient", "config": "the configuration of the network", "convolutions": "the number of convolutions per stack",
    "crop_s": "the length of a crop", "curves": "the curves that are kept", "dense": "the width of the hidden layers", "depth": "the number of blocks per stage", "dropout": "dropout",
    "epochs": "the limit of epochs", "estimator": "the estimator", "evaluate": "the way in which held-out clips are seen", "file": "the file of predictions",
    "global_average": "averaging over the picture", "grid": "the settings to choose from", "hidden": "keeping the hidden layers of the classifier",
    "hop_s": "the distance between windows", "input": "the input", "k": "the number of neighbours", "kernel_size": "the size of the kernels",
    "kernel_sizes": "the size of the kernels", "l1": "the penalty on absolute weights", "l2": "the penalty on squared weights",
    "label_smoothing": "label smoothing", "layers": "the layers that an embedding is made of", "loss": "the loss", "lr": "the learning rate",
    "momentum": "the momentum", "monitor": "the metric that training is watched by", "multiplier": "the number of profiles per channel",
    "name": "the variant of the network", "normalise": "the way in which the input is standardised", "optimizer": "the optimiser", "over": "the piece that the head sees at a time",
    "parts": "the number of parts that a clip is cut into", "patience": "the patience of early stopping", "pca": "the share of variance that is kept",
    "penalised": "the number of layers that are penalised", "plateau_factor": "the fall of the learning rate", "plateau_patience": "the patience before the learning rate falls",
    "pool": "the pooling of the last feature maps", "pool_frames": "the number of frames that are pooled", "pool_size": "the size of the pools",
    "pool_sizes": "the size of the pools", "pooling": "the kind of pooling", "probe": "starting the head as a logistic regression",
    "rates": "the number of rates", "resize": "the size that the input is scaled to", "schedule": "the schedule of the learning rate", "seeds": "the seeds",
    "size": "the size of the pictures", "spectrogram": "the spectrogram", "standardise": "standardising the waveform", "stem": "the stem of the network",
    "type": "the type of encoder", "unfreeze": "the number of blocks that learn", "unfreeze_every": "the pace at which blocks begin to learn",
    "vote": "the way in which the windows of a clip are put together", "warmup": "the warm-up of the learning rate", "weight_decay": "weight decay",
    "weights": "the pretrained weights", "whiten": "scaling components to unit variance", "width": "the width of the network",
    "widths": "the width of the hidden layers",
    "view.channels": "the channels that the input is given as", "head.widths": "the hidden layers of the head",
}  # fmt: skip
"""By the last word of a setting's path, or by the whole path where the word has two meanings."""
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")  # of a list of values
PLAIN = {"true": "on", "false": "off", "null": "none"}


def named(path: str) -> str:
    """A setting in words with its path as code: "the learning rate (`train.lr`)"; as its path alone where there are none."""
    words = _noun(path)
    return f"{words} (`{path}`)" if words else f"`{path}`"


def headed(path: str) -> str:
    """A setting as a head: `learning rate`, `width of the hidden layers, first`; its path where it has no words."""
    of, _, place = path.rpartition(".")
    if place.isdigit() and int(place) < len(ORDINALS) and _noun(of):
        return f"{_noun(of).removeprefix('the ')}, {ORDINALS[int(place)]}"
    return _noun(path).removeprefix("the ") or path


def _noun(path: str) -> str:
    return NOUNS.get(path) or NOUNS.get(path.rsplit(".", 1)[-1], "")


def value(path: str, text: str) -> str:
    """A value of `path` as it stands in `alone` of compare.json, in words: `off` for false, `gains of up to 6 dB` for gain_db 6.0."""
    key = path.rsplit(".", 1)[-1]
    if key == "augment":
        return ", ".join(map(_augmentation, text.split(", "))) if text != "none" else text
    words = phrases.WORDS.get(key)
    if isinstance(words, dict) and text in words:
        return words[text]
    return phrases.metric(text) if text.startswith("val_") else PLAIN.get(text, text)


def _augmentation(part: str) -> str:
    name, _, size = part.partition(" ")
    return phrases.phrase(name, json.loads(size) if size else True)
