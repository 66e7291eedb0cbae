"""`dalsegno completion`: the script of a shell, put to that shell."""

import contextlib
import io
import shutil
import subprocess
from pathlib import Path

import pytest

from dalsegno.cli import main

ASKED = {  # what is typed, and what completes its last word
    "dalsegno ch": {"check", "check-encoder"},
    "dalsegno use g": {"gtzan", "gtzan_pictures"},
    "dalsegno use ": {"gtzan", "gtzan_pictures", "esc50"},
    "dalsegno predict c": {"cnn/conv", "classical/svm"},
    "dalsegno card final/": {"final/songs"},
    "dalsegno new ": {"arch", "dataset", "feature"},
    "dalsegno weights f": {"fetch"},
    "dalsegno predict cnn/conv --t": {"--top", "--threshold", "--timeline"},
}


@pytest.fixture(scope="module")
def scripts():
    """Each script, written once: all commands are imported for it."""
    said = {shell: io.StringIO() for shell in ("bash", "zsh", "fish")}
    for shell, into in said.items():
        with contextlib.redirect_stdout(into):
            main.main(["completion", shell])
    return {shell: into.getvalue() for shell, into in said.items()}


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for file in ("recipes/gtzan.yaml", "recipes/gtzan_pictures.yaml", "recipes/esc50.yaml", "runs/cnn/conv/model.pt",
                 "runs/transfer/songs/model.pt", "runs/classical/svm/model.npz", "data/final/songs/model.pt"):  # fmt: skip
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        Path(file).touch()


def bash(script, typed):
    words = [*typed.split(), *([""] if typed.endswith(" ") else [])]
    quoted = " ".join(f"'{word}'" for word in words)
    ask = f'COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; _shtab_dalsegno; printf "%s\\n" "${{COMPREPLY[@]}}"'
    return subprocess.run(["bash", "-c", f"{script}\n{ask}"], capture_output=True, text=True, check=True).stdout


def fish(script, typed):
    Path("script.fish").write_text(script)
    ask = f"source script.fish; complete -C '{typed}'"
    said = subprocess.run(["fish", "--no-config", "-c", ask], capture_output=True, text=True, check=True).stdout
    return "\n".join(line.split("\t")[0] for line in said.splitlines())


@pytest.mark.parametrize("shell", [bash, fish], ids=["bash", "fish"])
def test_words_and_names_are_completed(scripts, here, shell):
    if not shutil.which(shell.__name__):
        pytest.skip(f"{shell.__name__} is not installed")
    for typed, words in ASKED.items():
        assert set(shell(scripts[shell.__name__], typed).split()) == words, typed


def test_each_script_is_one_of_its_shell_and_knows_every_command(scripts):
    assert scripts["zsh"].startswith("#compdef dalsegno")
    for shell, script in scripts.items():
        if shutil.which(shell):
            subprocess.run([shell, "-n"], input=script, text=True, check=True)
        assert all(word in script for word in main.COMMANDS) and "_dalsegno_models" in script
