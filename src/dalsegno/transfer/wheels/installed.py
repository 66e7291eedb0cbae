"""Where an installed package keeps its files. Nothing of it is imported: what it depends on need not be there."""

import importlib.util
from importlib import metadata
from pathlib import Path

from dalsegno.pipeline.errors import UserError


def folder(package: str, version: str) -> Path:
    """The folder of an installed package. Raises UserError, with what to type, if it is not there at this version."""
    install = f"python -m pip install --no-deps {package}=={version}"
    try:
        found = metadata.version(package)
    except metadata.PackageNotFoundError:
        raise UserError(f"the package {package} is not installed; {install}") from None
    if found != version:
        raise UserError(f"the package {package} is installed at version {found}, expected {version}; {install}")
    spec = importlib.util.find_spec(package)
    places = list(spec.submodule_search_locations or []) if spec else []
    if not places:
        raise UserError(f"the package {package} {version} is installed without its files; {install}")
    return Path(places[0])
