"""The bound on requests to the page: what is too long, or does not say how long it is, reaches no application."""

import asyncio

import pytest

from dalsegno.inference.bounded import Bounded

MOST = 1000


def status(headers, kind="http"):
    """What the request gets: the status of the refusal, or that of the application behind."""
    sent = []

    async def application(scope, receive, send):
        await send({"type": "http.response.start", "status": 200})

    async def send(message):
        sent.append(message)

    asyncio.run(Bounded(application, MOST)({"type": kind, "headers": headers}, None, send))
    return sent[0]["status"]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([], 200),
        ([(b"content-length", b"1000")], 200),
        ([(b"content-length", b"1001")], 413),
        ([(b"content-length", b"2147483648")], 413),
        ([(b"transfer-encoding", b"chunked")], 411),
    ],
)
def test_a_request_is_passed_on_or_refused_by_its_length(headers, expected):
    assert status(headers) == expected


@pytest.mark.parametrize("kind", ["lifespan", "websocket"])
def test_what_is_no_request_is_passed_on(kind):
    assert status([(b"content-length", b"9999")], kind) == 200
