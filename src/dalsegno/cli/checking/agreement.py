"""Entries of params.yaml that build on one another, or on published weights: do they name the same network and spectrogram?"""

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import yaml

from dalsegno.cli import weights
from dalsegno.pipeline import params
from dalsegno.pipeline.refusals import shown
from dalsegno.sound import storing
from dalsegno.transfer.adapting.entry import Frozen
from dalsegno.transfer.embedding import embedding_entry

MADE_BY = {"data/pretrain": "pretrain", "runs/cnn": "cnn"}
"""The section whose entries write weights into a folder of their own name below this one."""


def problems() -> list[str]:
    """What does not fit together, each with its path in params.yaml, whose sections are valid and whose names lead somewhere."""
    doc = params.document()
    return [*_heads(doc), *_backbones(doc), *_published(doc), *_in_vain(doc)]


def _heads(doc: dict[str, Any]) -> Iterator[str]:
    """Heads that name another backbone than the one that computed the stored embeddings that they read."""
    for key, entry in (doc.get("transfer") or {}).items():
        section, _, stored = entry["input"].partition("/")
        if section != "embeddings" or stored not in (doc.get(section) or {}):
            continue
        of = f"{section}.{stored}"
        for name in ("arch", "weights"):
            if entry[name] != (theirs := doc[section][stored][name]):
                yield f"transfer.{key}: {name} is {entry[name]}, but {of} has {theirs}; name the same in both"
        head = params.parse(f"transfer.{key}", entry, Frozen)[0]
        embedded = params.parse(of, doc[section][stored], embedding_entry.Params)[0]
        yield from _models(f"transfer.{key}", head, of, embedded)


def _models(where: str, head: Frozen, of: str, embedded: embedding_entry.Params) -> Iterator[str]:
    """What a head at `where` says of its backbone's model or asks of its layers, and the embeddings `of` contradict."""
    ours, theirs = head.model, embedded.model
    for field in fields(ours) if type(ours) is type(theirs) else ():
        if (here := getattr(ours, field.name)) != (there := getattr(theirs, field.name)):
            yield (
                f"{where}.model: {field.name} is {shown(here)}, but {of} has {shown(there)}; name the same in both, or leave "
                "model out of the former"
            )
    if head.head.layers and len(embedded.layers or getattr(theirs, "layers", ())) < 2:
        names = "model.layers" if hasattr(theirs, "layers") else "layers"
        yield f"{where}.head: layers is weighted, but {of} gives one layer; name several in {of}.{names}"


def _backbones(doc: dict[str, Any]) -> Iterator[str]:
    """Networks that start from weights of another architecture, or of one trained on another spectrogram."""
    for where, entry, spectrogram in _readers(doc):
        section, _, key = (of := maker(entry["weights"])).partition(".")
        made = (doc.get(section) or {}).get(key)
        if not made:
            continue
        if entry["arch"] != made["arch"]:
            yield f"{where}: arch is {entry['arch']}, but {of}, whose weights it takes, has {made['arch']}; name the same in both"
        if _kind(doc, spectrogram) != _kind(doc, made["spectrogram"]):
            yield (
                f"{where}: reads spectrograms.{spectrogram}, but {of}, whose weights it takes, learnt from "
                f"spectrograms.{made['spectrogram']}, which is a different one; name the same in both"
            )


def _published(doc: dict[str, Any]) -> Iterator[str]:
    """Networks that start from published weights of a different network."""
    table = weights.table()
    known = {w.path: w for w in table.values()}
    packaged = {key: entry["checkpoint"].lower() for key, entry in (doc.get("packaged") or {}).items()}
    known |= {Path("data/packaged", key, "model.pt"): table[name] for key, name in packaged.items()}
    for where, entry, _ in _readers(doc):
        if (w := known.get(Path(entry["weights"]))) is None:
            continue
        if entry["arch"] != w.arch:
            yield f"{where}: arch is {entry['arch']}, but {entry['weights']} has weights of {w.arch}; write arch: {w.arch}, model: {w.model}"
            continue
        module = params.component("dalsegno.models", w.arch)
        ours = params.parse("model", entry.get("model") or {}, module.Params)[0]
        for name, theirs in yaml.safe_load(w.model).items():
            if (here := getattr(ours, name)) != theirs:
                yield f"{where}.model: {name} is {shown(here)}, but {entry['weights']} has weights of {w.arch} with {shown(theirs)}; write model: {w.model}"
        wanted, view = module.NORMALISE, entry.get("view") or {}
        if where.startswith("transfer.") and (here := view.get("normalise", "bin")) != wanted:
            yield f"{where}.view: normalise is {here}, but {entry['weights']} wants {wanted}; write that"


def _in_vain(doc: dict[str, Any]) -> Iterator[str]:
    """Backbones that are trained several times, though all that start from one take its first run of a fold."""
    for key, entry in (doc.get("pretrain") or {}).items():
        if len(seeds := entry["train"].get("seeds") or [0]) > 1:
            yield (
                f"pretrain.{key}.train: seeds is {shown(seeds)}, but whatever starts from these weights takes those of the first; "
                "leave the others out"
            )


def maker(path: str) -> str:
    """The entry that writes the weights at `path`, by section and key, if one does; empty of a path elsewhere."""
    above, folder, key, *_ = *Path(path).parts, "", "", ""
    section = MADE_BY.get(f"{above}/{folder}")
    return f"{section}.{key}" if section else ""


def _readers(doc: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], str]]:
    """(its path, the entry, the spectrogram that it reads) of each entry whose network starts from weights."""
    for key, entry in (doc.get("embeddings") or {}).items():
        yield f"embeddings.{key}", entry, entry["spectrogram"]
    for key, entry in (doc.get("transfer") or {}).items():
        section, _, spectrogram = entry["input"].partition("/")
        if section == "spectrograms":
            yield f"transfer.{key}", entry, spectrogram


def _kind(doc: dict[str, Any], spectrogram: str) -> Any:
    """Kind and options of an entry of `spectrograms`, defaults filled in."""
    return params.parse("spectrograms", (doc.get("spectrograms") or {}).get(spectrogram), storing.Params)[0]
