"""The networks of a stored model, built again and loaded with its weights, ready to be asked."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.nn.modules.module import register_module_parameter_registration_hook

from dalsegno.families.convolutional.view import View
from dalsegno.inference.stored.model_file import Stored
from dalsegno.pipeline.errors import UserError, about
from dalsegno.training import network
from dalsegno.training.network import Model
from dalsegno.training.views import preprocess
from dalsegno.transfer.adapting import over_time
from dalsegno.transfer.adapting.head import Head, put_on
from dalsegno.transfer.adapting.layer_weights import Weighted
from dalsegno.transfer.embedding import layered, own_body, own_encoder

SPARE = 1 << 30  # bytes of weights beyond those stored, as a network has whose published layers are then replaced
LARGEST_INPUT = 1 << 27  # numbers of a view: an hour of 800 bins
LABELS_OF_BACKBONE = 2  # of the head that a backbone is built with and that nobody asks


def device() -> torch.device:
    """Where networks run: on a GPU if there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def on_features(stored: Stored, run: dict[str, Any]) -> nn.Module:
    """A network of the family mlp: rows of features (row, feature) to logits."""
    state, n = run["state"], len(stored.content["features"])
    prep: nn.Module = preprocess.Standardise(torch.zeros(n), torch.ones(n))
    if stored.content["pca"]:
        prep = nn.Sequential(prep, preprocess.Pca(torch.zeros_like(state["prep.1.axes"])))
    return _loaded(stored, _built(stored, stored.content, prep, (n,), len(stored.labels)), state)


def on_spectrograms(stored: Stored, run: dict[str, Any]) -> nn.Module:
    """A network of the family cnn, or a fine-tuned one: views of a spectrogram as it is stored to logits."""
    n_labels = len(stored.labels)
    model = _on_spectrograms(stored, stored.content, run["input_shape"], n_labels)
    if "head" in stored.content:
        put_on(model, head_settings(stored), torch.zeros(2, *run["input_shape"]), n_labels)
    return _loaded(stored, model, run["state"])


def backbone(stored: Stored) -> nn.Module:
    """The network under a head on embeddings: views of a spectrogram to embeddings (view, dim)."""
    content = stored.content["backbone"]
    if content["arch"] == own_encoder.ARCH:
        return _encoder(stored, content)
    model = _on_spectrograms(stored, content, content["input_shape"], LABELS_OF_BACKBONE)
    return _loaded(stored, layered.backbone(model.prep, model.body, content.get("layers")), content["state"])


def _encoder(stored: Stored, content: dict[str, Any]) -> nn.Module:
    """The user's own encoder, run from its file in this repository if that is the one of the training, and never from the model."""
    if "encoder" not in content:
        raise UserError(f"{stored.path}: does not say which encoder it was trained on; train it again with dvc repro")
    with about(stored.path):
        return own_body.Body(own_encoder.same(content["encoder"]), content["spectrogram"])


def head_settings(stored: Stored) -> Head:
    """What a model that was pretrained says of its new head."""
    return stored.section("head", stored.content["head"], Head)


def head(stored: Stored, run: dict[str, Any]) -> nn.Module:
    """The head of a frozen model: embeddings (view, dim) to logits, or (clip, view, dim) where it sees all views of a clip."""
    settings, width = head_settings(stored), len(run["state"]["prep.mean"])
    prep = preprocess.Standardise(torch.zeros(width), torch.ones(width))
    if settings.over == "neighbours":
        known = torch.zeros_like(run["state"]["net.known"])
        labels = torch.zeros(len(known), dtype=torch.int64)
        net: nn.Module = over_time.Neighbours(known, labels, len(stored.labels), settings.k or over_time.NEIGHBOURS)
    else:
        net = over_time.head(settings, width, len(stored.labels))
    if settings.layers == "weighted":
        net = nn.Sequential(Weighted(run["state"]["net.0.layer"]), net)
    return _loaded(stored, Model(prep, net), run["state"])


def _on_spectrograms(stored: Stored, content: dict[str, Any], input_shape: list[int], n_labels: int) -> Model:
    """The network that `content` describes, behind its preprocessing, with random weights."""
    view, meta = stored.section("view", content["view"], View), content["spectrogram"]
    shape = (meta["channels"], meta["bins"]) if meta["channels"] > 1 else (meta["bins"],)
    if (stated := max(math.prod(shape), math.prod(input_shape))) > LARGEST_INPUT:
        raise MemoryError(f"an input of {stated:,} numbers")
    moments = torch.zeros(shape), torch.ones(shape)
    prep = preprocess.spectrograms(view.normalise, *moments, view.resize, view.channels)
    return _built(stored, content, prep, tuple(input_shape), n_labels)


def _built(stored: Stored, content: dict[str, Any], prep: nn.Module, shape: tuple[int, ...], n_labels: int) -> Model:
    arch = stored.component("dalsegno.models", content["arch"])
    p = stored.section("model", content["model"], arch.Params)
    with _no_larger(stored):
        return network.build(content["arch"], p, prep, torch.zeros(2, *shape), n_labels)


@contextmanager
def _no_larger(stored: Stored) -> Iterator[None]:
    """Raise MemoryError where a network is built that has far more weights than the file can hold, before they are filled in."""
    left = stored.path.stat().st_size + SPARE

    def count(_: nn.Module, __: str, weights: nn.Parameter | None) -> None:
        nonlocal left
        left -= weights.nbytes if weights is not None else 0
        if left < 0:
            raise MemoryError("a network that has far more weights than the file can hold")

    counted = register_module_parameter_registration_hook(count)
    try:
        yield
    finally:
        counted.remove()


def _loaded(stored: Stored, model: nn.Module, state: dict[str, torch.Tensor]) -> nn.Module:
    try:
        model.load_state_dict(state)
    except RuntimeError as error:
        first = str(error).splitlines()[1].strip() if "\n" in str(error) else str(error)
        raise UserError(
            f"{stored.path}: its weights do not fit the network as this version builds it ({first}); check out the version "
            "of dalsegno that trained it"
        ) from None
    return model.eval()
