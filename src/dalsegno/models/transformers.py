"""Audio encoders of the `transformers` library, an optional extra: AST, wav2vec 2.0, HuBERT, WavLM, Data2Vec and such.

Those of spectrograms (AST) take stores of `kind: ast` and windows of their own `max_length`, 1024 frames: 10.24 s. Those
of waveforms take `kind: waveform` with `pool: 1` at 16 kHz, and any length. `weights:` is a folder that
`save_pretrained` has written, with `config.json` and `model.safetensors`; nothing is ever fetched, no pickle is read.
"""

import json
from collections import OrderedDict
from dataclasses import field
from pathlib import Path
from typing import Any

from jaxtyping import Float
from torch import Tensor, nn

from dalsegno.pipeline.errors import hint
from dalsegno.pipeline.params import section

NORMALISE = "none"  # the front end, or the first block, has scaled already
RECORDINGS = {"": "a collection of its publisher's choice"}
FIXED = {"mask_time_prob": 0.0, "mask_feature_prob": 0.0, "layerdrop": 0.0}  # `augment:` masks; theirs heeds no seed
UNUSED = {"architectures", "id2label", "label2id", "problem_type", "dtype", "transformers_version", "_name_or_path"}


@section
class Params:
    """`model:` of `arch: transformers`."""

    type: str  # `model_type` of config.json: audio-spectrogram-transformer, wav2vec2, hubert, wavlm, …
    config: dict[str, Any] = field(default_factory=dict)  # where it differs from the library's settings of that type
    standardise: bool = True  # waveforms: each window to mean 0, variance 1; `do_normalize` of preprocessor_config.json

    def __post_init__(self) -> None:
        _configuration(self)


class Input(nn.Module):
    """From stored data to the encoders' input: (batch, frame, bin), or (batch, sample), standardised if asked."""

    def __init__(self, standardise: bool) -> None:
        super().__init__()
        self.standardise = standardise

    def forward(self, x: Float[Tensor, "batch 1 ..."]) -> Float[Tensor, "batch ..."]:
        x = x.squeeze(1)
        if x.ndim == 3 or not self.standardise:
            return x.mT if x.ndim == 3 else x
        return (x - x.mean(1, keepdim=True)) / (x.var(1, correction=0, keepdim=True) + 1e-7).sqrt()


class Encoder(nn.Module):
    """The library's network to one vector: as it pools itself, else the mean over time."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Float[Tensor, "batch ..."]) -> Float[Tensor, "batch dim"]:
        return self.states(x, layers=False)[-1]

    def states(self, x: Float[Tensor, "batch ..."], layers: bool = True) -> list[Float[Tensor, "batch dim"]]:
        """The embedding; if `layers`, behind the means over time of the first layer's input and of each layer's output."""
        out = self.network(x, output_hidden_states=layers)
        pooled = out.last_hidden_state.mean(1) if out.get("pooler_output") is None else out.pooler_output
        return [*(state.mean(1) for state in out.hidden_states or ()), pooled]


def build(p: Params, input_shape: tuple[int, ...], n_labels: int) -> nn.Module:
    """Map spectrograms (batch, 1, bin, frame), or waveforms (batch, 1, sample), to logits (batch, label).

    The body is two blocks, the second with all the weights. Raises ValueError if input_shape does not suit the type.
    """
    settings = _configuration(p)
    _check(p.type, settings, input_shape)
    body = nn.Sequential(Input(p.standardise), Encoder(_library().AutoModel.from_config(settings)))
    return nn.Sequential(OrderedDict(body=body, head=nn.Linear(settings.hidden_size, n_labels)))


def published(p: Params, weights: dict[str, Tensor], meta: dict[str, Any]) -> dict[str, Tensor]:
    """Weights as `save_pretrained` names them, of the encoder alone or under a head, in the names of `build`'s network.

    meta: of the spectrograms. Raises ValueError if those are of another kind, or tensors are missing, strange to the
    encoder or of another shape.
    """
    settings = _configuration(p)
    _check_front_end(p.type, settings, meta)
    network = _library().AutoModel.from_config(settings)
    options = {"ignore_mismatched_sizes": True, "output_loading_info": True, "local_files_only": True}
    network, keys = type(network).from_pretrained(None, config=settings, state_dict=weights, **options)
    inside = tuple(f"{name}." for name, _ in network.named_children())  # all else is a head, or the mask of FIXED
    strange = [k for k in keys["unexpected_keys"] if k.removeprefix(f"{network.base_model_prefix}.").startswith(inside)]
    mismatched = [f"{name} ({tuple(there)} there, {tuple(here)} here)" for name, there, here in keys["mismatched_keys"]]
    for verb, names in (("lack", keys["missing_keys"]), ("have in vain", strange), ("differ in", mismatched)):
        if names:
            raise ValueError(f"these weights {verb} {len(names)} tensors of {p.type!r}: {', '.join(sorted(names)[:5])}")
    return {f"body.1.network.{name}": tensor for name, tensor in network.state_dict().items()}


def check_folder(p: Params, folder: Path, meta: dict[str, Any]) -> None:
    """Raise ValueError, with what to write in params.yaml, if `folder` contradicts `p`, or `meta` of the spectrograms.

    config.json and preprocessor_config.json are read, and the weights must be in safetensors.
    """
    if not (folder / "model.safetensors").is_file():
        raise ValueError("there is no model.safetensors in this folder; write it with save_pretrained")
    there = _json(folder / "config.json")
    if (kind := there.pop("model_type", None)) != p.type:
        raise ValueError(f"config.json is of type {kind!r}, but model.type is {p.type!r}")
    usual, theirs, ours = (_plain(_library().AutoConfig.for_model(p.type, **c)) for c in ({}, there, p.config))
    if differs := [name for name in usual if theirs[name] != ours[name]]:
        wanted = {name: value for name, value in theirs.items() if name in usual and value != usual[name]}
        raise ValueError(f"config.json has other {', '.join(differs)}; write model.config: {json.dumps(wanted)}")
    there = _json(folder / "preprocessor_config.json") if (folder / "preprocessor_config.json").is_file() else {}
    for name, here, where in (
        ("sampling_rate", meta["sample_rate_hz"], "the spectrogram's sample rate"),
        ("mean", meta.get("mean"), "options.mean of the spectrogram"),
        ("std", meta.get("std"), "options.std of the spectrogram"),
        ("do_normalize", p.standardise, "model.standardise"),
    ):
        if here is not None and there.get(name, here) != here:
            raise ValueError(f"preprocessor_config.json has {name}: {there[name]}, but {where} is {here}; set the same")


def _library() -> Any:
    """The package itself, imported late: it takes seconds, and only this architecture needs it."""
    try:
        import transformers
    except ImportError:
        raise ValueError("arch 'transformers' needs more packages: pip install \"dalsegno[transformers]\"") from None
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    return transformers


def _configuration(p: Params) -> Any:
    """The library's settings of `p`. Raises ValueError if it does not know the type, or a setting."""
    library = _library()
    if p.type not in library.CONFIG_MAPPING:
        raise ValueError(f"type {p.type!r} is not one of the library's{hint(p.type, list(library.CONFIG_MAPPING))}")
    usual = library.AutoConfig.for_model(p.type).to_dict()
    known = sorted(usual.keys() - FIXED)
    for name in p.config:
        if name not in known:
            raise ValueError(f"config.{name} is not a setting of {p.type!r} to choose{hint(name, known)}")
    try:
        return library.AutoConfig.for_model(p.type, **p.config, **{k: v for k, v in FIXED.items() if k in usual})
    except Exception as error:  # errors of the library's own kinds
        raise ValueError(f"config: {' '.join(str(error).split())}") from None


def _check(kind: str, settings: Any, input_shape: tuple[int, ...]) -> None:
    """Raise ValueError unless the network of these settings takes such an input."""
    if _spectral(kind, settings):
        if input_shape != (wanted := (1, settings.num_mel_bins, settings.max_length)):
            raise ValueError(
                f"transformers takes spectrograms, input shape {wanted} = (1, num_mel_bins, max_length), where type is "
                f"{kind!r}; got {input_shape}: set view.crop_s, or from scratch these two in model.config"
            )
        return
    takes = f"where type is {kind!r}, transformers takes"
    if len(input_shape) != 2 or input_shape[0] != 1:
        raise ValueError(f"{takes} waveforms, input shape (1, samples); got {input_shape}")
    least = 1
    for kernel, stride in zip(settings.conv_kernel[::-1], settings.conv_stride[::-1], strict=True):
        least = (least - 1) * stride + kernel
    if input_shape[1] < least:
        raise ValueError(f"{takes} at least {least} samples; got {input_shape[1]}: give it longer segments")


def _check_front_end(kind: str, settings: Any, meta: dict[str, Any]) -> None:
    """Raise ValueError unless published weights know such spectrograms."""
    if _spectral(kind, settings):
        wanted, entry = {"kind": "ast"}, "{kind: ast, options: {}}"
    else:  # every waveform encoder that the library has takes 16 kHz
        wanted = {"kind": "waveform", "hop_length": 1, "sample_rate_hz": 16_000}
        entry = "{kind: waveform, options: {sample_rate_hz: 16000, pool: 1}}"
    differs = [f"{name} {meta.get(name)!r}, not {value!r}" for name, value in wanted.items() if meta.get(name) != value]
    if differs:
        raise ValueError(f"the spectrogram has {', '.join(differs)}; weights of {kind!r} know those of {entry}")


def _spectral(kind: str, settings: Any) -> bool:
    """Whether the input is spectrograms, not waveforms. Raises ValueError if it is neither."""
    names = settings.to_dict().keys()
    if not {"max_length", "num_mel_bins"} <= names and not {"conv_kernel", "conv_stride"} <= names:
        raise ValueError(f"type {kind!r} reads neither spectrograms of one length nor waveforms; take an audio encoder")
    return {"max_length", "num_mel_bins"} <= names


def _plain(settings: Any) -> dict[str, Any]:
    """Those settings that can change what the network computes, as JSON has them."""
    return {k: v for k, v in json.loads(json.dumps(settings.to_dict())).items() if k not in UNUSED | FIXED.keys()}


def _json(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"{path.name} cannot be read: {error}") from None
