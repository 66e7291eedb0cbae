"""The command line as it is typed: parameters checked in one message, the doctor, the list of layouts, and help."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
import yaml
from support.commands import refusal

from dalsegno.cli import main
from dalsegno.cli.commands import datasets

REPOSITORY = Path.cwd()
STAGES = REPOSITORY / "stages"
PARAMS = re.sub(
    r"(?m)^  why:.*\n(    .*\n)*", "", Path("params.yaml").read_text()
)  # reasons for models that tests take out


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with the stages and a params.yaml in which `change` (old, new) was made."""
    monkeypatch.chdir(tmp_path)
    for name in ("stages", "dvc.yaml"):
        Path(name).symlink_to(REPOSITORY / name)
    Path(".git").mkdir()
    Path(".dvc").mkdir()

    def write(*changes):
        text = PARAMS
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        Path("params.yaml").write_text(text)

    return write


def test_all_sections_are_checked_in_one_message(here, capsys):
    here()
    main.main(["check"])
    assert capsys.readouterr().out == "params.yaml: no problems\n"
    here(("seed: 1\n", "seed: -1\n"), ("{estimator: majority}", "{estimator: mayority}"), ("compare:", "kompare:"))
    first, *rest = refusal("check").splitlines()
    assert first == "dalsegno: params.yaml: 4 problems, nothing was run:"
    paths = [line.split(": ")[0].strip() for line in rest]
    assert sorted(paths) == ["classical.majority.estimator", "compare", "corpus.styles.seed", "kompare"]
    assert "did you mean 'compare'?" in rest[paths.index("kompare")]


def test_a_dictionary_of_variants_must_be_one(here):
    here(("\ncnn:", "\ncnn: [conv]\nother:"))
    assert 'cnn: expected entries by name, or {} for none, got ["conv"]' in refusal("check")


def test_a_stage_that_refuses_its_section_tells_the_problems_of_all_others(here):
    here(("test_share: null", "test_share: 2.0"), ("n_mfcc: 20", "n_mfcc: true"))
    ended = subprocess.run(
        [sys.executable, STAGES / "splits.py", *("none",) * 5], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1 and "Traceback" not in ended.stderr
    assert re.findall(r"^  (\S+):", ended.stderr, re.M) == ["splits.test_share", "features.n_mfcc"]
    assert "splits: params.yaml: 2 problems, nothing was run" in ended.stderr


def test_check_elsewhere_says_where_to_run_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert str(tmp_path) in refusal("check")


def test_datasets_lists_every_adapter_with_its_layout(capsys):
    main.main(["datasets"])
    printed = capsys.readouterr().out
    assert re.findall(r"^(\w+): ", printed, re.M) == datasets.NAMES and len(datasets.NAMES) >= 5
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
    main.main(["doctor", str(tmp_path / "data"), "--json"])
    found = json.loads(capsys.readouterr().out)
    assert (found["used"], found["labels"]) == (2, {"a": 1, "b": 1})
    assert [file["path"] for file in found["files_left_out"]] == ["a/broken.wav"]


def test_doctor_of_nothing_usable_ends_with_the_reason(tmp_path):
    for label in ("a", "b"):
        (tmp_path / label).mkdir()
        (tmp_path / label / "x.wav").write_text("no sound")
    assert "x.wav" in refusal("doctor", tmp_path)
    assert "is not there" in refusal("doctor", tmp_path / "nowhere")


def music(root, n=3):
    """A data set of two classes with `n` clips each, of an artist for every clip."""
    rows = ["path,group"]
    for label in ("a", "b"):
        (root / label).mkdir(parents=True)
        for i in range(n):
            sf.write(root / label / f"{i}.wav", np.random.default_rng([ord(label), i]).normal(0, 0.1, 8000), 8000)
            rows.append(f"{label}/{i}.wav,{label}{i}")
    (root / "groups.csv").write_text("\n".join(rows) + "\n")
    return root


def test_doctor_lists_five_files_of_each_kind_or_all_of_them(tmp_path, capsys):
    music(tmp_path, 12)
    for i in range(25):
        (tmp_path / "a" / f"text{i:02d}.wav").write_text("no sound")
        (tmp_path / "a" / f"none{i:02d}.wav").touch()
    with (tmp_path / "groups.csv").open("a") as table:
        table.writelines(f"a/{name}{i:02d}.wav,x\n" for i in range(25) for name in ("text", "none"))
    main.main(["doctor", str(tmp_path)])
    printed = capsys.readouterr().out
    assert printed.count("a/text") == printed.count("a/none") == 5 and printed.count("… and 20 more") == 2
    main.main(["doctor", str(tmp_path), "--all"])
    printed = capsys.readouterr().out
    assert printed.count("a/text") == printed.count("a/none") == 25 and "… and" not in printed


def test_doctor_and_groups_take_the_columns_of_a_table_from_params_yaml(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    music(tmp_path / "data")
    (tmp_path / "data" / "groups.csv").unlink()
    rows = [f"{label}/{i}.wav,{label}{label}" for label in "ab" for i in range(3)]
    (tmp_path / "data" / "t.csv").write_text("\n".join(["file,genre", *rows]) + "\n")
    for command in ("doctor", "groups"):
        assert "--dataset table: params.yaml has to say which file is the table" in refusal(
            command, "data", "--dataset", "table"
        )
    section = {"name": "table", "root": "elsewhere", "table": "t.csv", "columns": {"path": "file", "label": "genre"}}
    Path("params.yaml").write_text(yaml.safe_dump({"dataset": section}))
    main.main(["doctor", "data", "--dataset", "table"])
    assert "2 classes, “aa” (3), “bb” (3)" in capsys.readouterr().out
    main.main(["groups", "data", "--dataset", "table"])
    assert "6 files in 0 groups" in capsys.readouterr().out


def test_doctor_says_what_the_data_can_show_on_the_terminal_and_on_the_page(tmp_path, capsys):
    music(tmp_path / "data", 30)
    main.main(["doctor", str(tmp_path / "data"), "--page", str(tmp_path / "page.html")])
    for text in (capsys.readouterr().out, (tmp_path / "page.html").read_text().replace("\xa0", " ")):
        assert "60 labelled clips in 60 groups" in text
        assert "±13 points at 60%, ±10 points at 80%" in text and "can be told apart that differ by about " in text


def test_what_the_data_can_show_needs_no_torch(tmp_path):
    music(tmp_path / "data")
    code = f"from dalsegno.cli.main import main; main(['doctor', {str(tmp_path / 'data')!r}]); import sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("words", [["check"], ["doctor", "my data"]])
def test_check_and_doctor_refuse_what_the_stage_clips_would(here, words):
    here(("root: data/corpus/styles", "root: my data"))
    music(Path("my data/genres_original"))
    assert "a single class, 'genres_original'" in refusal(*words)
    assert "name the folder my data/genres_original" in refusal(*words)
    Path("my data/genres_original").rename("aside")
    Path("aside").rename("my data/train")
    music(Path("my data/test"))
    assert "'test' looks like the test part, 'train' looks like the training part" in refusal(*words)


def test_check_names_what_is_wrong_with_groups_and_links(here, capsys):
    here(("root: data/corpus/styles", "root: music"))
    music(Path("music"))
    main.main(["check"])
    assert "no problems" in capsys.readouterr().out
    Path("music/c").symlink_to(Path("music/b").resolve())
    Path("music/b/0.wav").rename("music/b/zero.wav")
    assert "line 5: 'b/0.wav' is not a file here" in refusal("check")
    here(("root: data/corpus/styles", "root: music"), ("leave_out: []", "leave_out: []\n  allow_ungrouped: a test"))
    main.main(["check"])
    Path("music/c").unlink()
    Path("elsewhere").mkdir()
    Path("music/a").rename("elsewhere/a")
    Path("music/a").symlink_to("../elsewhere/a")
    assert "1 folder of clips behind symbolic links" in refusal("check")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_named():
    code = "from dalsegno.cli.main import main; main(['datasets'])"
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [sys.executable, "-c", code], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (ended.returncode, ended.stderr) == (1, "dalsegno: the output: No space left on device\n")


def test_help_lists_every_command_and_imports_none(tmp_path):
    code = "import sys; from dalsegno.cli.main import main\ntry: main(['--help'])\nfinally: print(*sys.modules, file=sys.stderr)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert re.findall(r"^  ([\w-]+) +\w", ended.stdout, re.M)[: len(main.COMMANDS) + 1][-len(main.COMMANDS) :] == list(
        main.COMMANDS
    )
    assert not {"numpy", "torch", "pydantic", "yaml"} & set(ended.stderr.split())


@pytest.mark.parametrize("word", main.COMMANDS)
def test_every_command_has_a_help(word, capsys):
    with pytest.raises(SystemExit) as end:
        main.main([word, "--help"])
    assert end.value.code == 0 and f"usage: dalsegno {word}" in capsys.readouterr().out


def test_a_command_that_is_not_there_is_named_with_the_nearest():
    assert "there is no command 'predikt' (did you mean 'predict'?)" in refusal("predikt")


@pytest.mark.parametrize("command", [word for word, (folder, _) in main.COMMANDS.items() if folder == "listening"])
def test_the_help_of_a_command_about_models_waits_for_no_pytorch(command):
    code = f"import atexit, sys; from dalsegno.cli.main import main; main(['{command}', '--help'])"
    late = "atexit.register(lambda: print('torch' in sys.modules, 'matplotlib' in sys.modules))"
    ended = subprocess.run(
        [sys.executable, "-c", code.replace("; main(", f"; {late}; main(")], capture_output=True, text=True, check=True
    )
    assert "examples:" in ended.stdout and ended.stdout.endswith("\nFalse False\n")
