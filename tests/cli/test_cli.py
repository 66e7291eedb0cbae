import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from dalsegno.cli import main

STAGES = Path("stages").resolve()
PARAMS = Path("params.yaml").read_text()


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with the stages and a params.yaml in which `change` (old, new) was made."""
    monkeypatch.chdir(tmp_path)
    Path("stages").symlink_to(STAGES)

    def write(*changes):
        text = PARAMS
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        Path("params.yaml").write_text(text)

    return write


def refusal(words):
    """What `dalsegno <words>` says as it ends with exit code 1."""
    with pytest.raises(SystemExit) as end:
        main.main(words)
    assert isinstance(end.value.code, str)  # Python prints it to stderr and exits with 1
    return end.value.code


def test_all_sections_are_checked_in_one_message(here, capsys):
    here()
    main.main(["check"])
    assert capsys.readouterr().out == "params.yaml: no problems\n"
    here(("seed: 1\n", "seed: -1\n"), ("{estimator: majority}", "{estimator: mayority}"), ("compare:", "kompare:"))
    first, *rest = refusal(["check"]).splitlines()
    assert first == "dalsegno: params.yaml: 4 problems, nothing was run:"
    paths = [line.split(": ")[0].strip() for line in rest]
    assert sorted(paths) == ["classical.majority.estimator", "compare", "corpus.seed", "kompare"]
    assert "did you mean 'compare'?" in rest[paths.index("kompare")]


def test_a_dictionary_of_variants_must_be_one(here):
    here(("\ncnn:", "\ncnn: [conv]\nother:"))
    assert "cnn: expected entries by name, or {} for none, got ['conv']" in refusal(["check"])


def test_a_stage_that_refuses_its_section_tells_the_problems_of_all_others(here):
    here(("test_share: null", "test_share: 2.0"), ("n_mfcc: 20", "n_mfcc: true"))
    ended = subprocess.run(
        [sys.executable, STAGES / "splits.py", *("none",) * 4], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1 and "Traceback" not in ended.stderr
    assert re.findall(r"^  (\S+):", ended.stderr, re.M) == ["splits.test_share", "features.n_mfcc"]
    assert "splits: params.yaml: 2 problems, nothing was run" in ended.stderr


def test_check_elsewhere_says_where_to_run_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert str(tmp_path) in refusal(["check"])


def test_datasets_lists_every_adapter_with_its_layout(capsys):
    main.main(["datasets"])
    printed = capsys.readouterr().out
    assert re.findall(r"^(\w+): ", printed, re.M) == main.DATASETS and len(main.DATASETS) >= 5
    assert "<root>/sample_submission.csv" in printed


def test_doctor_examines_a_folder_on_its_own(tmp_path, capsys):
    for label in ("a", "b"):
        (tmp_path / "data" / label).mkdir(parents=True)
        noise = np.random.default_rng(ord(label)).normal(0, 0.1, 8000)
        sf.write(tmp_path / "data" / label / "x.wav", noise, 8000)
    (tmp_path / "data" / "a" / "broken.wav").write_text("no sound")
    main.main(["doctor", str(tmp_path / "data"), "--page", str(tmp_path / "page.html")])
    printed = capsys.readouterr().out
    assert "2 of 3 files can be used" in printed and "broken.wav" in printed
    assert "broken.wav" in (tmp_path / "page.html").read_text()


def test_doctor_of_nothing_usable_ends_with_the_reason(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.wav").write_text("no sound")
    assert "x.wav" in refusal(["doctor", str(tmp_path)])
    assert "is no folder" in refusal(["doctor", str(tmp_path / "nowhere")])
