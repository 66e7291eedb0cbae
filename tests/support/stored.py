"""Stored models of both kinds of file, for tests that read one or write a changed one."""

from pathlib import Path

from dalsegno.artefacts import model_npz
from dalsegno.artefacts.learning import model_pt


def file(folder):
    """The file of the model in a folder: model.npz of an estimator, model.pt of a network."""
    return next(path for path in (Path(folder, "model.npz"), Path(folder, "model.pt")) if path.is_file())


def load(folder):
    return module(file(folder)).load(file(folder))


def changed(folder, change, to):
    """A copy in the folder `to` of the model in `folder`, of whose content `change` has altered something."""
    saved, path = load(folder), Path(to, file(folder).name)
    change(saved)
    module(path).save(path, saved)
    return path


def module(path):
    return model_npz if path.suffix == ".npz" else model_pt
