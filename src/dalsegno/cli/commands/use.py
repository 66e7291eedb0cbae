"""`dalsegno use RECIPE`: a recipe in place of params.yaml, the difference shown, and the way back."""

import argparse
from pathlib import Path

from dalsegno.cli import options, params_text
from dalsegno.pipeline import files, params
from dalsegno.pipeline.errors import UserError, hint

RECIPES, KEPT = Path("recipes"), Path(".params.yaml.before-use")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which recipe, or the way back."""
    parser.add_argument(
        "recipe",
        metavar="RECIPE",
        nargs="?",
        type=options.name,
        help="a file in recipes/, with or without .yaml (default: list them)",
    )
    parser.add_argument("--show", action="store_true", help="show the difference and change nothing")
    parser.add_argument("--undo", action="store_true", help="put back what the last `dalsegno use` replaced")


def run(arguments: argparse.Namespace) -> None:
    """List, show, use or undo. Raises UserError if there is no such recipe, or nothing to undo."""
    before = params_text.read()
    if arguments.undo:
        if arguments.recipe:
            raise UserError(f"--undo restores what was there before and takes no recipe; got {arguments.recipe!r}")
        if not KEPT.is_file():
            raise UserError("there is nothing to undo: `dalsegno use` has replaced nothing here")
        _put(before, KEPT, "as it was before", "again reverses this", arguments.show)
    elif arguments.recipe is None:
        print("\n".join(f"{path.stem:<24} {_title(path)}" for path in sorted(RECIPES.glob("*.yaml"))))
    else:
        recipe = _recipe(arguments.recipe)
        _put(before, recipe, str(recipe), "reverses this, and `dalsegno check` looks for the data", arguments.show)


def _put(before: str, source: Path, name: str, more: str, show: bool) -> None:
    """Show the difference from `before`, which is kept as it may hold changes by hand, and unless `show` write the text of `source` in its place."""
    after = params_text.read(source)
    print(params_text.difference(before, after, params.FILE, name) or f"{params.FILE} is {name} already\n", end="")
    if not show and before != after:
        files.write_text(KEPT, before)
        files.write_text(Path(params.FILE), after)
        print(f"{params.FILE} is now {name}; `dalsegno use --undo` {more}")


def _recipe(word: str) -> Path:
    names = [path.stem for path in RECIPES.glob("*.yaml")]
    name = Path(word).stem if word.endswith(".yaml") else word
    path = Path(word) if Path(word).is_file() else RECIPES / f"{name}.yaml"
    if not path.is_file():
        raise UserError(f"{word}: there is no such recipe{hint(name, names)}; there are: {', '.join(sorted(names))}")
    if "dataset" not in params.document(path):
        raise UserError(f"{path}: this is not a recipe: it has no section 'dataset:'")
    return path


def _title(path: Path) -> str:
    return path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
