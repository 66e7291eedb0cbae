"""The page over a real server on loopback: answers, bad and hostile uploads, and that nobody else can reach it."""

import re
import shutil
import socket
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
import soundfile as sf

from dalsegno.inference import demo, model

pytest.importorskip("gradio", reason="Gradio is not installed: pip install 'dalsegno[demo]'")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning", "ignore::ResourceWarning")
BROWSERS_OWN = (".google.com", ".gvt1.com", "update.googleapis.com")  # what Chromium asks for itself
NAMES = ["classical/svm", "cnn/crops"]


@pytest.fixture(scope="module")
def address(of_sound):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(of_sound)
        return demo.launch([model.load(name) for name in NAMES], None, wait=False)


@pytest.fixture
def client(address, run):
    from gradio_client import Client

    return Client(address, verbose=False)


def asked(client, path):
    from gradio_client import handle_file

    return client.predict(handle_file(str(path)), api_name="/ask")


def test_every_model_answers_as_predict_does(client):
    for name, shown in zip(NAMES, asked(client, "sounds/hum/1.flac"), strict=True):
        asked_again = model.load(name)
        p = dict(zip(asked_again.labels, asked_again.clip(Path("sounds/hum/1.flac")), strict=True))
        assert shown["label"] == max(p, key=p.get)
        assert all(c["confidence"] == pytest.approx(p[c["label"]], abs=1e-5) for c in shown["confidences"])


def test_a_bad_upload_gets_a_message_and_the_page_lives_on(client, tmp_path):
    (tmp_path / "text.wav").write_text("<script>alert(1)</script>")
    (tmp_path / "empty.wav").touch()
    sf.write(tmp_path / "nan.wav", np.full(800, np.nan, np.float32), 8000, subtype="FLOAT")
    sf.write(tmp_path / "long.flac", np.zeros(2000 * 700), 2000)
    for name, words in {
        "text": "cannot be read",
        "empty": "",
        "nan": "not a finite number",
        "long": "plays for more than 600 s",
    }.items():
        with pytest.raises(Exception) as error:  # whatever the client makes of it
            asked(client, next(tmp_path.glob(f"{name}.*")))
        assert words in str(error.value) and str(tmp_path) not in str(error.value)
    assert len(asked(client, "sounds/hum/1.flac")) == 2


def test_an_upload_beyond_the_bound_is_refused(client, tmp_path):
    with (tmp_path / "large.wav").open("wb") as f:
        f.truncate(60 * 2**20)
    with pytest.raises(Exception) as error:
        asked(client, tmp_path / "large.wav")
    assert "413" in str(error.value) or "size" in str(error.value)
    assert len(asked(client, "sounds/hum/1.flac")) == 2


@pytest.mark.parametrize("path", ["upload", "call/ask", "queue/join"])
def test_no_request_of_any_kind_is_longer_than_an_upload(client, address, path):
    """Gradio bounds a file, but takes many at a time, and holds any other request in memory."""
    parts = urlsplit(address)
    with socket.create_connection((parts.hostname, parts.port), timeout=20) as s:
        head = f"POST /gradio_api/{path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: {2**31}\r\n"
        s.sendall(f"{head}Content-Type: application/json\r\n\r\n".encode())
        assert s.recv(100).startswith(b"HTTP/1.1 413")
    assert len(asked(client, "sounds/hum/1.flac")) == 2


def test_one_question_is_answered_at_a_time(of_sound, monkeypatch):
    monkeypatch.chdir(of_sound)
    buttons = demo.page([model.load(NAMES[0])]).fns.values()
    assert {(button.concurrency_id, button.concurrency_limit) for button in buttons} == {("models", 1)}


def test_only_this_machine_can_reach_it(address):
    parts = urlsplit(address)
    assert parts.hostname == "127.0.0.1"
    outside = socket.gethostbyname(socket.gethostname())
    if outside.startswith("127."):
        pytest.skip("this machine has no other address")
    with socket.socket() as s:
        s.settimeout(2)
        assert s.connect_ex((outside, parts.port)) != 0


def test_a_browser_shows_the_page_and_loads_nothing_from_elsewhere(address, tmp_path):
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("Chromium is not installed")
    options = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--virtual-time-budget=20000",
        f"--user-data-dir={tmp_path}",
    ]
    log = tmp_path / "net.json"
    ended = subprocess.run(
        [chromium, *options, f"--log-net-log={log}", "--dump-dom", address],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert "classical/svm" in ended.stdout and "What is it?" in ended.stdout
    asked_for = set(re.findall(r'"url":"https?://([^/":]+)', log.read_text()))
    assert "127.0.0.1" in asked_for
    assert all(host == "127.0.0.1" or host.endswith(BROWSERS_OWN) for host in asked_for), asked_for
