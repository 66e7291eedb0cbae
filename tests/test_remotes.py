"""What `dvc add` tracks under data/ and weights/: pushed to a server, pulled in another clone, read by an experiment in a copy."""

import http.server
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

HERE = Path(__file__).parents[1]
GRAPH = """\
stages:
  clips: {cmd: cat data/music/rock/1.wav weights/mine.pt > data/clips.csv, deps: [data/music, weights/mine.pt], outs: [data/clips.csv]}
"""


class Store(http.server.SimpleHTTPRequestHandler):
    """Answers GET and HEAD of the files below a folder, and writes them at PUT."""

    protocol_version = "HTTP/1.1"

    def do_PUT(self):
        path = Path(self.translate_path(self.path))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"".join(self.chunks()))
        self.send_response(201)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def chunks(self):
        while n := int(self.rfile.readline(), 16):
            yield self.rfile.read(n)
            self.rfile.readline()
        self.rfile.readline()

    def log_message(self, *_):
        """Nothing is printed."""


@pytest.fixture
def url(tmp_path):
    (tmp_path / "store").mkdir()
    address = ("127.0.0.1", 0)
    with http.server.ThreadingHTTPServer(address, lambda *a: Store(*a, directory=tmp_path / "store")) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/dalsegno"
        server.shutdown()


@pytest.fixture
def shell(tmp_path):
    """A function that runs a command in a folder, and returns what it prints."""
    keep = {k: v for k, v in os.environ.items() if not k.startswith(("DVC", "GIT"))}
    env = keep | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "DVC_SITE_CACHE_DIR": str(tmp_path / "site"),
        **{f"GIT_{who}_{what}": "t@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }

    def run(folder, command):
        done = subprocess.run(command.split(), cwd=folder, env=env, capture_output=True, text=True)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    return run


def test_tracked_data_and_results_come_back_in_another_clone(tmp_path, shell, url):
    """.gitignore is the repository's own. DVC, unlike Git, takes `/data/*` for `/data/` too, and would see no .dvc file in it."""
    one, two = tmp_path / "one", tmp_path / "two"
    contents = {"data/music/rock/1.wav": b"music", "weights/mine.pt": b"weights"}
    for name, content in contents.items():
        (one / name).parent.mkdir(parents=True)
        (one / name).write_bytes(content)
    shutil.copy(HERE / ".gitignore", one)
    (one / "dvc.yaml").write_text(GRAPH)
    for command in ("git init --quiet", "dvc init", "dvc add data/music weights/mine.pt", "dvc repro",
                    f"dvc remote add --default store {url}", "dvc remote modify store method PUT", "git add --all",
                    "git commit --quiet --message start", "dvc push", f"git clone --quiet {one} {two}"):  # fmt: skip
        shell(one, command)
    tracked = set(shell(two, "git ls-files data weights").split())
    assert tracked == {"data/music.dvc", "weights/mine.pt.dvc"}
    for command in ("dvc pull", "dvc checkout"):
        shell(two, command)
        for name, content in (contents | {"data/clips.csv": b"musicweights"}).items():
            assert (two / name).read_bytes() == content
    assert "Data and pipelines are up to date." in shell(two, "dvc status")
    assert "Running stage" not in shell(two, "dvc repro")
    assert "Running stage 'clips'" in shell(two, "dvc exp run --temp --force")
