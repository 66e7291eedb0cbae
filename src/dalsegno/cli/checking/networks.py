"""Networks of params.yaml, built as their stages build them: do they take what they are given, and the weights they start from?

They are built on PyTorch's device `meta`, where tensors have shapes and no data: the largest one takes a fraction of a
second and no memory.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, fields
from typing import Any

import torch
from torch import Tensor, nn

from dalsegno.cli.checking import agreement, stand_in
from dalsegno.cli.checking.stand_in import StandIn
from dalsegno.families import mlp
from dalsegno.families.convolutional import cnn, view
from dalsegno.pipeline import params
from dalsegno.pipeline.errors import UserError, gist
from dalsegno.sound import storing
from dalsegno.training import network
from dalsegno.training.network import Model
from dalsegno.training.views import augment, preprocess
from dalsegno.transfer.adapting import entry as transfer_entry
from dalsegno.transfer.adapting import fine_tuned
from dalsegno.transfer.adapting.entry import FineTuned
from dalsegno.transfer.embedding import embedding_entry, layered, own_body, own_encoder
from dalsegno.transfer.pretrained import backbone
from dalsegno.transfer.pretrained.provenance import Provenance
from dalsegno.transfer.pretrained.weights_file import DEFAULTS, PREPROCESSING, Run, WeightsFile

FAMILIES: dict[str, Any] = {
    "mlp": mlp.Params, "cnn": cnn.Params, "pretrain": cnn.Params, "embeddings": embedding_entry.Params,
    "transfer": transfer_entry.Params,
}  # fmt: skip
OWN_DATA = ("dataset", "splits")  # what an entry of pretrain has besides
EXAMPLES = {"tables": (64,), "waveforms": (1, 1 << 20), "spectrograms": (1, 128, 1024)}
N_LABELS = 2  # as good as any other number


def problems() -> list[str]:
    """Why the stages of entries would end, each with its entry; all sections are valid by themselves."""
    doc, found = params.document(), []
    described = Described(doc)
    for family, cls in FAMILIES.items():
        for key, p in _parsed(doc, family, cls):
            try:
                with torch.device("meta"):
                    described.check(p)
            except UserError as error:
                found.append(f"{family}.{key}: {error}")
            except (NotImplementedError, RuntimeError):
                continue  # an architecture that needs data while it is built: its stage tells
            except Exception as error:  # of whatever kind, by an architecture or a library
                found.append(f"{family}.{key}: {p.arch} cannot be built: {type(error).__name__}: {gist(error)}")
    return found


def _parsed(doc: dict[str, Any], section: str, cls: Any) -> Iterator[tuple[str, Any]]:
    """Key and parameters of each entry."""
    for key, entry in (doc.get(section) or {}).items():
        yield key, params.parse(section, {n: v for n, v in entry.items() if n not in OWN_DATA}, cls)[0]


class Described:
    """What params.yaml describes: spectrograms by key, and entries whose weights others may take, by section and key."""

    def __init__(self, doc: dict[str, Any]) -> None:
        self.stores = {
            key: stand_in.of(f"spectrograms.{key}", p) for key, p in _parsed(doc, "spectrograms", storing.Params)
        }
        sections = agreement.MADE_BY.values()
        self.makers = {f"{name}.{key}": p for name in sections for key, p in _parsed(doc, name, cnn.Params)}

    def check(self, p: Any) -> None:
        """Raise UserError, as its stage would, if the network of an entry cannot be what the entry asks for."""
        if isinstance(p, mlp.Params):
            _network(p, nn.Identity(), torch.empty(2, *EXAMPLES["tables"]), known=True)
        if isinstance(p, mlp.Params | transfer_entry.Frozen):
            return
        store = self.stores.get(p.input.partition("/")[2] if isinstance(p, FineTuned) else p.spectrogram)
        if store is None:
            return
        view.check(p.view.resize, p.view.channels, store.meta, store.name)
        if isinstance(p, cnn.Params):
            _from_scratch(p, store, p.view.crop_s)
        elif p.arch == own_encoder.ARCH and not isinstance(p, FineTuned):
            own_body.check(store.meta)
            layered.widths(p.arch, p.model, nn.Identity(), store.views(p.view.crop_s), p.layers)
        elif model := self._pretrained(p, store):
            _check_blocks(p, model) if isinstance(p, FineTuned) else _check_layers(p, model, store)
        augment.check(p.augment, store.views(p.view.crop_s).shape[1:], store.scale)

    def _pretrained(self, p: Any, store: StandIn) -> Model | None:
        """The network of an entry with the weights that it starts from; None where its size cannot be told."""
        learns = isinstance(p, FineTuned)
        asked = {name: getattr(p.view, name) for name in PREPROCESSING} if learns else p.view.preprocessing
        of = agreement.maker(p.weights)
        made = self.makers.get(of)
        if made is None or made.arch != p.arch:
            prep = _prep({"normalise": "none"} | DEFAULTS | asked, store)
            return _network(p, prep, store.views(p.view.crop_s), known=bool(p.view.crop_s))
        theirs = None
        with suppress(UserError):  # told of `made` itself
            theirs = _from_scratch(made, store, made.view.crop_s or p.view.crop_s)
        if theirs is None:
            return None
        prepared = {name: getattr(made.view, name) for name in PREPROCESSING}
        file = WeightsFile(p.weights, made.arch, [], prepared, whole=True)
        run, views = Run(theirs.state_dict(), None, Provenance()), store.views(p.view.crop_s or made.view.crop_s)
        try:
            return backbone.build(p.arch, p.model, file, run, views, store.meta, asked)
        except UserError as error:
            others = [f.name for f in fields(p.model) if getattr(p.model, f.name) != getattr(made.model, f.name)]
            unlike = f"; its model differs from that of {of} in {', '.join(others)}" if others else ""
            raise UserError(f"{error}{unlike}") from None


def _from_scratch(p: cnn.Params, store: StandIn, crop_s: float | None) -> Model | None:
    """The network that an entry of cnn or pretrain trains on views of this length, as `_network` gives it."""
    try:
        return _network(p, _prep(asdict(p.view), store), store.views(crop_s), known=bool(crop_s or p.view.resize))
    except UserError as error:
        raise UserError(f"{error} (view: {p.view.input_settings})") from None


def _prep(options: dict[str, Any], store: StandIn) -> nn.Module:
    """The preprocessing of a view."""
    return preprocess.spectrograms(options["normalise"], *store.moments, options["resize"], options["channels"])


def _network(p: Any, prep: nn.Module, example: Tensor, known: bool) -> Model | None:
    """The network of an entry, for such an input; known: whether that has its true length.

    Raises UserError if it cannot take this input, of whatever length; None if it may be the length alone.
    """
    try:
        return network.build(p.arch, p.model, prep, example, N_LABELS)
    except UserError:
        if known or _takes_another_kind(p, example.ndim):
            raise
    return None


def _takes_another_kind(p: Any, n_axes: int) -> bool:
    """Whether the network takes other inputs than batches of so many axes."""
    module = params.component("dalsegno.models", p.arch)
    for shape in EXAMPLES.values():
        if len(shape) + 1 != n_axes:
            with suppress(ValueError):
                module.build(p.model, shape, N_LABELS)
                return True
    return False


def _check_blocks(p: FineTuned, model: Model) -> None:
    """Raise UserError unless there are as many blocks as are to learn, and statistics to keep where it says so."""
    fine_tuned.n_free(p, len(model.body))
    if p.batch_norm and not any(isinstance(m, network.BATCH_NORMS) for m in model.body.modules()):
        raise UserError(
            f"batch_norm is {p.batch_norm}, but {p.arch} with this model has no batch normalisation; leave it out"
        )


def _check_layers(p: embedding_entry.Params, model: Model, store: StandIn) -> None:
    """Raise UserError unless the network has the layers that its embedding is to be made of."""
    if p.layers:
        blocks = layered.backbone(model.prep, model.body, p.layers)
        layered.widths(p.arch, p.model, blocks, store.views(p.view.crop_s), p.layers)
