"""What DVC does not see below a root: it would report "up to date" whatever happens to the files there.

DVC 3.67 follows links to files, and a root that is a link, but takes a folder below it that is a link for empty; and one
inside its repository that is a DVC repository itself.
"""

from pathlib import Path

from dalsegno.pipeline.errors import UserError, abridged, counted

N_NAMED = 20


def refuse(root: Path, paths: list[Path]) -> None:
    """Raise UserError if any of the files `paths` lies in a folder, `root` or below, that DVC takes for empty."""
    own = {path.parent for path in paths}
    folders = {folder for path in own for folder in (path, *path.parents) if folder.is_relative_to(root)}
    links = sorted(folder for folder in folders - {root} if folder.is_symlink())
    if links:
        raise UserError(
            f"{counted(len(links), 'folder')} of clips behind symbolic links, which DVC does not follow: it would not notice "
            f"changes there.{_list([f'{str(link)!r} is a link to {str(link.readlink())!r}' for link in links])}\n"
            "  Put the folder itself there (cp -rL, mount --bind), or links to its files (cp -rs); "
            f"{str(root)!r} itself may be a link"
        )
    here = Path.cwd()
    inside = root.absolute().is_relative_to(here) and root.absolute() != here
    repositories = sorted(folder for folder in folders if inside and (folder / ".dvc").is_dir())
    if repositories:
        raise UserError(
            f"{counted(len(repositories), 'folder')} of clips with a DVC repository of its own, which DVC takes for empty inside "
            f"another: it would not notice changes there.{_list([repr(str(folder)) for folder in repositories])}\n"
            "  Move the data set out of this repository and name its place in dataset.root, or remove its folder .dvc"
        )


def _list(lines: list[str]) -> str:
    return "".join(f"\n  {line}" for line in abridged(lines, N_NAMED))
