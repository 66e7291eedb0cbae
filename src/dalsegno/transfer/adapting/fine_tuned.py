"""A pretrained network that learns on under a new head, and its twin from scratch."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path

import pandas as pd
import torch

from dalsegno.artefacts.leaks_json import Leaks
from dalsegno.artefacts.learning import splits_csv
from dalsegno.families.convolutional import cnn
from dalsegno.families.convolutional.crops import Crops
from dalsegno.pipeline.errors import UserError
from dalsegno.training.job import Built, Job
from dalsegno.transfer.adapting import linear_probe
from dalsegno.transfer.adapting.entry import FineTuned
from dalsegno.transfer.adapting.head import put_on
from dalsegno.transfer.adapting.prepared import Prepared
from dalsegno.transfer.adapting.unfreezing import Unfreezing
from dalsegno.transfer.pretrained import backbone, provenance, weights_file


@dataclass(frozen=True)
class Pretrained(Prepared):
    """A pretrained network ready to be trained on. crops: what it sees; its twin sees the same."""

    crops: Crops


def prepare(p: FineTuned, folder: str | Path, splits: pd.DataFrame, device: torch.device) -> Pretrained:
    """Train the pretrained network under a new head on the spectrograms in `folder`.

    Each fold starts from weights that have seen none of the clips it is scored on, where the file has such weights.
    Raises UserError if the file of weights cannot be used; the job does, when it builds, if the network has fewer blocks
    than are to learn, or training ends before their turn.
    """
    crops, n_labels = Crops(folder, p.view, set(splits["clip_id"]), device), len(splits_csv.classes(splits))
    asked = {name: getattr(p.view, name) for name in weights_file.PREPROCESSING}
    file = weights_file.read(p.arch, p.model, p.weights, crops.meta)
    runs, label = file.runs_for(splits), splits.set_index("clip_id")["label"]
    used = {fold: run.provenance for fold, run in runs.items()}

    def build(fold: int, train_ids: list[str]) -> Built:
        seen = crops.for_training(train_ids)
        model = backbone.build(p.arch, p.model, file, runs[fold], seen.example(), seen.meta, asked)
        n_learning = n_free(p, len(model.body))
        head = put_on(model, p.head, seen.example(), n_labels)
        if p.probe:
            linear_probe.start(model, head, seen, label[train_ids], p.probe)
        adapted = Unfreezing(
            model.prep, model.net, n_learning, p.unfreeze_every, keep_statistics=p.batch_norm == "frozen"
        )
        groups = adapted.groups(p.train.lr, p.body_lr, p.body_lr_decay or 1.0)
        return Built(adapted, groups, inherited=used[fold].clips)

    description = {"arch": p.arch, "model": asdict(p.model), "weights": p.weights, "head": asdict(p.head)}
    description |= {"view": asdict(p.view), "spectrogram": crops.meta, "provenance": provenance.unlisted(used)}
    description |= {"entry": asdict(p)}
    job = Job(crops, splits, p.train, build, device, p.augment, p.view.vote)
    return Pretrained(job, description, provenance.leaks(p.weights, used, file.clips, splits), crops)


def from_scratch(p: FineTuned, pretrained: Pretrained) -> Prepared:
    """The same network, head and all, from random weights, trained as `p.control` says.

    The gap between two networks that were both trained properly is what pretraining is worth.
    """
    job, crops = pretrained.job, pretrained.crops

    def build(fold: int, train_ids: list[str]) -> Built:
        model = cnn.from_scratch(p.arch, p.model, crops, train_ids, len(job.classes))
        put_on(model, p.head, crops.for_training(train_ids).example(), len(job.classes))
        return Built(model)

    description = pretrained.description | {"weights": None, "provenance": provenance.unlisted({})}
    return Prepared(replace(job, build=build, train=p.control), description, Leaks())


def n_free(p: FineTuned, n_blocks: int) -> int:
    """How many of the body's `n_blocks` learn in the end. Raises UserError if it has fewer, or training ends before their turn."""
    n = n_blocks if p.unfreeze == "all" else p.unfreeze
    if n > n_blocks:
        raise UserError(f"unfreeze is {n}, but {p.arch} has {n_blocks} blocks; give at most that, or 'all'")
    p.check_turns(n)
    return n
