"""Fetch a file over HTTP into a partial file, from where an earlier try was cut off."""

import math
import shutil
from contextlib import suppress
from pathlib import Path

import requests

from dalsegno.pipeline import progress
from dalsegno.pipeline.errors import UserError

CHUNK = 2**20
TIMEOUT_S = 30  # without a byte; a slow line is no reason to give up


class Unreached(UserError):
    """The publisher could not be reached, or the connection broke before the end."""


def complete(url: str, part: Path, n_bytes: int, within: int = 0) -> None:
    """Complete the file `part`, which may hold the beginning of `url` already.

    n_bytes, within: the expected size, and by how much the real one may differ. The content is not otherwise checked. A
    server that cannot go on from the middle sends everything again. Raises Unreached if the connection fails, and keeps
    what has arrived; UserError if the size differs or the disk refuses, and keeps nothing.
    """
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        _receive(url, part, n_bytes, within)
    except KeyboardInterrupt:
        raise UserError(f"stopped; {_kept(part, n_bytes)}") from None
    except requests.RequestException as error:  # an OSError too, so it comes first
        raise Unreached(f"{url}: {_cause(error)}; {_kept(part, n_bytes)}") from None
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        raise UserError(f"{part}: {error.strerror}; nothing was kept of {n_bytes:,} bytes") from None


def _receive(url: str, part: Path, n_bytes: int, within: int) -> None:
    have = part.stat().st_size if part.exists() else 0
    if have == n_bytes:
        return
    free = shutil.disk_usage(part.parent).free
    if free < n_bytes - have:
        raise UserError(
            f"{part.parent}: {n_bytes - have:,} bytes are still to come, and {free:,} are free on the disk; make room"
        )
    response, have = _ask(url, have)
    with response, part.open("ab" if have else "wb") as file:
        left = int(response.headers.get("Content-Length", n_bytes - have))
        _refuse_size(url, part, have + left, n_bytes, within)
        for chunk in progress.bar(response.iter_content(CHUNK), part.stem, math.ceil(left / CHUNK), "MiB"):
            file.write(chunk)
            have += len(chunk)
            if have > n_bytes + within:
                break
    if have < n_bytes - within:
        raise requests.ConnectionError("the connection ended early")
    _refuse_size(url, part, have, n_bytes, within)


def _ask(url: str, have: int) -> tuple[requests.Response, int]:
    """The response, and the byte at which it begins: `have`, or 0 if the server cannot go on from there."""
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    response = requests.get(url, headers=headers, stream=True, timeout=TIMEOUT_S)
    if response.status_code == 200:
        return response, 0
    if have and response.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
        return response, have
    response.close()
    if have and response.status_code in (206, 416):
        return _ask(url, 0)
    raise requests.HTTPError(f"the server answered {response.status_code} {response.reason}")


def _refuse_size(url: str, part: Path, got: int, n_bytes: int, within: int) -> None:
    if abs(got - n_bytes) > within:
        part.unlink(missing_ok=True)
        raise UserError(
            f"{url}: sends {got:,} bytes, and should send {n_bytes:,}: it is a different file; nothing was kept"
        )


def _kept(part: Path, n_bytes: int) -> str:
    """The end of a message: how much is kept for another try. An empty file is removed."""
    have = part.stat().st_size if part.exists() else 0
    if not have:
        part.unlink(missing_ok=True)
        return "nothing was kept"
    return f"{have:,} of {n_bytes:,} bytes are kept in {part}, and the same command continues from there"


def _cause(error: BaseException) -> str:
    """The message of the innermost exception, which requests wraps several times over."""
    while error.__context__:
        error = error.__context__
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
