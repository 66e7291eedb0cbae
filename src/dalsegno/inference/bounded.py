"""A bound on what a web page is sent: a request states its length, and is refused before it is read if that is too much."""

from collections.abc import Awaitable, Callable
from typing import Any

Send = Callable[[dict[str, Any]], Awaitable[None]]
App = Callable[[dict[str, Any], Any, Send], Awaitable[None]]  # asgi.readthedocs.io


class Bounded:
    """An ASGI application that passes requests on to `app` unless their body has, or may have, more than `most` bytes.

    Gradio bounds the size of an uploaded file, but not the number of files, nor other requests, which it holds in memory.
    """

    def __init__(self, app: App, most: int) -> None:
        self.app, self.most = app, most

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Send) -> None:
        """Answer, or pass on, one request."""
        refused = scope["type"] == "http" and self._refusal(dict(scope["headers"]))
        if not refused:
            await self.app(scope, receive, send)
            return
        status, words = refused
        text = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": status, "headers": text})
        await send({"type": "http.response.body", "body": words.encode()})

    def _refusal(self, headers: dict[bytes, bytes]) -> tuple[int, str] | None:
        """Status and message if the request is refused; the server has checked that a stated length is a number, and true."""
        if b"transfer-encoding" in headers:
            return 411, "The request does not say how long it is."
        if int(headers.get(b"content-length", 0)) > self.most:
            return 413, f"Too large: this page takes {self.most / 1e6:.0f} MB at a time."
        return None
