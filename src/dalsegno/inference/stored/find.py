"""Which stored files a word means: a key of the run such as `cnn/conv`, an ensemble of them, a final model, or a path."""

from pathlib import Path

from dalsegno.artefacts import model_name
from dalsegno.artefacts.model_name import CONTROL, FILES, SCRATCH
from dalsegno.pipeline import params
from dalsegno.pipeline.errors import UserError, hint
from dalsegno.pipeline.refusals import mapping
from dalsegno.scoring import ensembles

RUNS = Path("runs")
FINAL = "final"  # the family, so to speak, of models that were trained on all labelled clips
FINALS = Path("data", FINAL)


def files(name: str) -> list[Path]:
    """The files of the model `name`: one, or those of the members of an ensemble. Raises UserError if there is none."""
    path = Path(name)
    if path.is_file() or path.suffix in (".pt", ".npz"):
        return [_existing(path, name)]
    if (inside := _in_folder(path)).is_file():
        return [inside]
    if path.parts[:1] == (ensembles.FAMILY,):
        return [_of_member(member, name) for member in _members(name)]
    return [_of_key(name)]


def keys() -> list[str]:
    """The models that are stored here, such as `cnn/conv`: those of the run, its ensembles, and final ones."""
    together = mapping(params.document(), ensembles.FAMILY) if Path(params.FILE).is_file() else {}
    finals = sorted({path.parent.name for file in FILES for path in FINALS.glob(f"*/{file}")})
    return [*_of_the_run(), *(f"{ensembles.FAMILY}/{key}" for key in together), *(f"{FINAL}/{key}" for key in finals)]


def _of_the_run() -> list[str]:
    """The models of the run that are stored, twins included."""
    found = sorted({path.parent.relative_to(RUNS) for file in FILES for path in RUNS.glob(f"*/*/{file}")})
    twins = [f"{key.as_posix()}{SCRATCH}" for key in found if _in_folder(RUNS / key / CONTROL).is_file()]
    return [key.as_posix() for key in found] + twins


def _of_key(name: str) -> Path:
    if name.startswith(f"{FINAL}/"):
        return _existing(_in_folder(FINALS / name.removeprefix(f"{FINAL}/")), name)
    return _existing(_in_folder(model_name.folder(RUNS, name)), name)


def _in_folder(folder: Path) -> Path:
    """The file of the model in `folder`, the first of FILES if there is none."""
    paths = [folder / file for file in FILES]
    return next((path for path in paths if path.is_file()), paths[0])


def _existing(path: Path, name: str) -> Path:
    if path.is_file():
        return path
    known = keys()
    there = f"; stored here are: {', '.join(known)}" if known else f"; {_no_run()}"
    if name.startswith(f"{FINAL}/"):
        there += f"; dvc repro final/dvc.yaml:final@{name.removeprefix('final/')} trains an entry of `final:`"
    if name.startswith("external/"):
        raise UserError(f"{name}: its predictions were made elsewhere, so there is no model here to ask")
    raise UserError(f"{name}: there is no such model, neither a key of the run nor a file{hint(name, known)}{there}")


def _no_run() -> str:
    """Why no model is stored in this folder, and what to do."""
    if not Path(params.FILE).is_file():
        return f"there is no {params.FILE} in {Path.cwd()}: run from the top of the repository, or name a stored file"
    return f"{RUNS}/ holds no model: dvc repro trains them, or dvc pull fetches those of a colleague"


def _members(name: str) -> list[str]:
    """Those of this ensemble; what is wrong with another one does not matter here."""
    entries, key = params.load(ensembles=ensembles.Entries), name.removeprefix(f"{ensembles.FAMILY}/")
    if key not in entries:
        known = [f"{ensembles.FAMILY}/{other}" for other in entries]
        raise UserError(f"{name}: there is no such ensemble in {params.FILE}{hint(name, known)}")
    return ensembles.members({key: entries[key]}, entries[key])[name]


def _of_member(member: str, name: str) -> Path:
    try:
        return _of_key(member)
    except UserError as error:
        raise UserError(f"{name}: its member {error}") from None
