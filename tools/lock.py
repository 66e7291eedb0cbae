"""`make lock`: requirements.lock from what is installed, and versions.yaml from requirements.lock."""

import re
import tomllib
from functools import cache
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.closure import READS_PACKAGES, packages

LOCK, VERSIONS = Path("requirements.lock"), Path("versions.yaml")
PLATFORMS = {
    "linux": {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"},
    "darwin": {"sys_platform": "darwin", "platform_system": "Darwin", "os_name": "posix"},
    "win32": {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt"},
}
LOCK_HEAD = """\
# Every package at the version this repository was tested with; `make run`, `make test` and `make check` install exactly these.
# Written by `make lock` from what is installed. Python 3.11 or newer.
"""
VERSIONS_HEAD = """\
# The version of every package that the code imports: an input of the stages that import it, like a parameter.
# Written by `make lock` from requirements.lock, which has all packages; not to be edited.
"""


def requirements_lock() -> str:
    """The installed version of all that dalsegno, its tests and its build require, with a marker where a platform does not.

    Raises LookupError if something required is not installed.
    """
    alone = set().union(*READS_PACKAGES.values())  # for the files in them: what they depend on stays out
    needed = {platform: _needed(platform) | alone for platform in PLATFORMS}
    lines = []
    for name in sorted(set().union(*needed.values())):
        where = [platform for platform in PLATFORMS if name in needed[platform]]
        marker = " or ".join(f'sys_platform == "{platform}"' for platform in where)
        pin = f"{metadata.metadata(name)['Name']}=={metadata.version(name).split('+')[0]}"
        lines.append(f"{pin} ; {marker}" if len(where) < len(PLATFORMS) else pin)
    return LOCK_HEAD + "\n".join(lines) + "\n"


def versions_yaml() -> str:
    """The version in requirements.lock of every package that a file of src/ or stages/ imports.

    Raises LookupError if one is not in requirements.lock.
    """
    pins = re.findall(r"^([\w.-]+)==(\S+)", LOCK.read_text(encoding="utf-8"), re.MULTILINE)
    version = {str(canonicalize_name(name)): number for name, number in pins}
    names = set().union(*(packages(file) for folder in ("src", "stages") for file in Path(folder).rglob("*.py")))
    if names - version.keys():
        raise LookupError(
            f"imported, but not in {LOCK}: {', '.join(sorted(names - version.keys()))}; see pyproject.toml"
        )
    return VERSIONS_HEAD + "".join(f'{name}: "{version[name]}"\n' for name in sorted(names))


def _needed(platform: str) -> set[str]:
    """Names of the installed packages that are required on `platform`, directly or not."""
    seen: set[tuple[str, str]] = set()
    todo = [("dalsegno", extra) for extra in ("", "test", "build")]
    while todo:
        package = todo.pop()
        if package not in seen:
            seen.add(package)
            todo += _requires(*package, platform)
    return {name for name, _ in seen if name != "dalsegno"}


@cache
def _requires(package: str, extra: str, platform: str) -> list[tuple[str, str]]:
    """(name, extra) of each requirement of `package` with `extra` that holds on `platform` and can be met here."""
    needed = []
    for requirement in map(Requirement, _requirements(package)):
        environment = PLATFORMS[platform] | {"extra": extra}
        if requirement.marker is None or requirement.marker.evaluate(environment):
            name = canonicalize_name(requirement.name)
            if _is_installed(name):
                needed += [(name, part) for part in ("", *requirement.extras)]
            elif requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
                raise LookupError(f"{package} requires {requirement}, which is not installed")
    return needed


def _requirements(package: str) -> list[str]:
    """Requirements of `package` as its metadata have them; ours stand in pyproject.toml, the build's as an extra `build`."""
    if package != "dalsegno":
        return metadata.requires(package) or []
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"] | {"build": project["build-system"]["requires"]}
    marked = [f'{requirement} ; extra == "{extra}"' for extra, listed in extras.items() for requirement in listed]
    return project["project"]["dependencies"] + marked


def _is_installed(package: str) -> bool:
    return package == "dalsegno" or next(iter(metadata.distributions(name=package)), None) is not None


if __name__ == "__main__":
    LOCK.write_text(requirements_lock(), encoding="utf-8", newline="\n")
    VERSIONS.write_text(versions_yaml(), encoding="utf-8", newline="\n")
