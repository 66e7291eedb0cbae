"""Under pytest every annotation of ours is checked at run time: types, and the shapes and dtypes of arrays.

Here, before any test imports a module of ours; a stage that runs as a process of its own is not slowed down. The room
`pipeline` handles no array, and its protocols are pydantic's, which cannot be checked.
"""

import sys
from pathlib import Path

import jaxtyping
from jaxtyping import install_import_hook
from support import typechecker

ROOMS = [path.name for path in Path("src/dalsegno").iterdir() if (path / "__init__.py").is_file()]
install_import_hook([f"dalsegno.{room}" for room in ROOMS if room != "pipeline"], f"{typechecker.__name__}.checked")
jaxtyping.jaxtyped = typechecker.where_shapes_are_named  # by which name the hook decorates
sys.orig_argv = sys.orig_argv[
    :1
]  # else a stage that a test runs would take the whole of pytest for its own, and end it
