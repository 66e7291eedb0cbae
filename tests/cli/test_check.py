"""`dalsegno check` says all that would stop a run, in one message of plain lines, and never ends in a traceback."""

import json
import os
from pathlib import Path

import pytest
from cli.test_cli import PARAMS, here, refusal  # noqa: F401

from dalsegno.cli import main

STYLES = "root: data/corpus/styles"
SEEDS = [
    ("seeds: [0], epochs: 60", "seeds: [0, 1, 2], epochs: 60"),
    ("seeds: [0], epochs: 30", "seeds: [0, 1], epochs: 30"),
]
CONV = "    spectrogram: logmel\n    arch: conv\n"
MINE = "it's mine/[1] & $2.pt"


def search(of, source, path):
    """A section of searches with one of them."""
    return f"search: {{a: {{of: {of}, input: {source}, space: {{{path}: {{uniform: [0.1, 0.2]}}}}}}}}"


def lines():
    """The problems that `dalsegno check` names, without its first line."""
    first, *rest = refusal("check").splitlines()
    assert first.startswith("dalsegno: params.yaml: ") and first.endswith(", nothing was run:")
    return [line.removeprefix("  ") for line in rest]


def the_line():
    (line,) = lines()
    return line


# Keys


@pytest.mark.parametrize(
    "key",
    ["1", "1.5", "v1.0", "on", "No", "true", "~", "''", "my svm", "2024-01-01", "é", "../x", "a/b", "-x", "a@b", "$x", '"a b"',
     '"${x}"', "x" * 101],
)  # fmt: skip
def test_a_key_that_cannot_name_a_stage_is_one_plain_line(here, key):  # noqa: F811
    here(("  svm: {", f"  {key}: {{"))
    line = the_line()
    assert line.startswith(f"classical: {key.strip(chr(34) + chr(39))!r} cannot name an entry; expected a word")


@pytest.mark.parametrize("section", ["spectrograms", "classical", "cnn", "external", "search", "final"])
@pytest.mark.parametrize("entries", ["true", "-1", ".5", "word", "[conv]", "null"])
def test_a_section_that_has_no_entries_is_one_plain_line(here, section, entries):  # noqa: F811
    here((f"\n{section}:", f"\n{section}: {entries}\nother:"))
    assert any(line.startswith(f"{section}: expected entries by name, or {{}} for none, got ") for line in lines())


@pytest.mark.parametrize("key", ["svm", "SVM-2_b", "e1", "x" * 100, '"quoted"', "scratch", "from-scratch"])
def test_words_are_keys(here, capsys, key):  # noqa: F811
    here(("  svm: {", f"  {key}: {{"), ("three: [classical/svm, ", "three: [classical/logistic, "))
    main.main(["check"])
    assert capsys.readouterr().out == "params.yaml: no problems\n"


@pytest.mark.parametrize("family", ["spectrograms", "mlp", "cnn", "pretrain", "embeddings", "transfer"])
def test_the_keys_of_every_family_are_checked(here, family):  # noqa: F811
    here((f"\n{family}:", f"\n{family}:\n  my own: {{}}\nother:"))
    assert any(line.startswith(f"{family}: 'my own' cannot name an entry") for line in lines())


def test_a_key_that_a_twin_would_have_is_refused(here):  # noqa: F811
    here(("  finetuned:", "  finetuned-scratch:"))
    assert the_line() == "transfer: 'finetuned-scratch' cannot name an entry; a name with -scratch is that of a twin"


def test_keys_that_differ_in_case_alone_are_refused(here):  # noqa: F811
    here(("  svm: {", "  Logistic: {"), ("three: [classical/svm, ", "three: [classical/logistic, "))
    assert the_line().startswith("classical: 'Logistic' and 'logistic' differ only in case")


def test_a_key_that_stands_twice_is_refused(here):  # noqa: F811
    here(("  svm: {", "  logistic: {"))
    assert "'logistic' stands here twice" in refusal("check")


# What is no value


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("  seed: 0\n  valid", f"  seed: {2**31}\n  valid", f"splits.seed: should be less than {2**31}, got {2**31}"),
        ("repeats: 1", "repeats: 1001", "splits.repeats: should be less than or equal to 1000, got 1001"),
        ("processes: 1", "processes: 1000", "runtime.processes: should be less than or equal to 128, got 1000"),
        (
            "artists: 10",
            f"artists: {10**9}",
            "corpus.styles.artists: should be less than or equal to 10000, got 1000000000",
        ),
        (
            "n_mels: 64}",
            "n_mels: 64, top_db: 1e-9}",
            "spectrograms.logmel.options.top_db: should be greater than or equal to 1, got 1e-09",
        ),
        ("crop_s: 3.0", "crop_s: 1e6", "cnn.conv.view.crop_s: should be less than or equal to 86400, got 1000000.0"),
        (
            "crop_s: 3.0",
            "crop_s: null, parts: 10001",
            "cnn.conv.view.parts: should be less than or equal to 10000, got 10001",
        ),
        (
            "leave_out: []",
            "leave_out: [2024-01-01]",
            "dataset.leave_out.0: this is read as a date, 2024-01-01; put it in",
        ),
        ("leave_out: []", "leave_out: [!!binary aGk=]", "dataset.leave_out.0: a bytes cannot stand here"),
        ("leave_out: []", "leave_out: &a [*a]", "dataset.leave_out.0: it contains itself"),
        (
            '"folds, artists shared":',
            "2024-01-01:",
            "protocols.splits.2024-01-01: this key is not text; put it in quotes",
        ),
        ('"folds, artists shared":', "1:", "protocols.splits.1: this key is not text; put it in quotes"),
        ("seed: 1\n", f"seed: {10**29}\n", "corpus.styles.seed: expected a number of up to 18 digits, got one of 30"),
        (
            "note_s: 1.2",
            f"note_s: {10**400}",
            "corpus.notes.note_s: expected a number of up to 18 digits, got one of 401",
        ),
        ("make: styles", "make: null", "corpus.styles: make is null; it must begin with styles or notes"),
        ("crop_s: 3.0", "crop_s: drei Süße", 'cnn.conv.view.crop_s: should be a valid number, got "drei Süße"'),
        ("crop_s: 3.0", f"crop_s: {'x' * 5000}", f'cnn.conv.view.crop_s: should be a valid number, got "{"x" * 199} …'),
        ("title: null", 'title: "a\\0b"', "dataset.title: a text with the character \\0 cannot stand here"),
        ("note_s: 1.2", "note_s: .nan", "corpus.notes.note_s: expected a number, got nan"),
        ("note_s: 1.2", "note_s: -.inf", "corpus.notes.note_s: expected a number, got -inf"),
    ],
)
def test_what_is_no_value_is_one_plain_line(here, old, new, line):  # noqa: F811
    here((old, new))
    assert the_line().startswith(line)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("# é\n".encode("latin-1") + PARAMS.encode(), "line 1 is not UTF-8; save the file with this encoding"),
        (PARAMS.encode() + b"\n# \xff", "is not UTF-8; save the file with this encoding"),
        (PARAMS.encode("utf-16"), "line 1 is not UTF-8; save the file with this encoding"),
        (b"", "expected sections such as 'dataset:', got null"),
        (b"- a", "expected sections such as 'dataset:', got [\"a\"]"),
        (b"a: [", "not valid YAML"),
        (b"a: \x00", "not valid YAML"),
        (b"a: 2024-02-31", "not valid YAML: day is out of range for month"),
        (b"a: " + b"9" * 5000, "not valid YAML: Exceeds the limit"),
        (b"[" * 5000, "it cannot be read: maximum recursion depth exceeded"),
        (b"? [a]\n: 1", "not valid YAML"),
    ],
)
def test_a_file_that_is_no_params_yaml_is_told(here, content, reason):  # noqa: F811
    here()
    Path("params.yaml").write_bytes(content)
    assert reason in refusal("check")


def test_a_byte_order_mark_is_no_problem(here, capsys):  # noqa: F811
    here()
    Path("params.yaml").write_text(PARAMS, encoding="utf-8-sig")
    main.main(["check"])
    assert capsys.readouterr().out == "params.yaml: no problems\n"


@pytest.mark.parametrize(
    ("line", "parameter"),
    [
        ("  segments: 1 #", "features.segments"),
        ("  table: data/clips.csv", "features.table"),
        ("  file: data/clips.csv #", "splits.file"),
        ("  search: data/clips.csv #", "paper.search"),
        ("  root: data/corpus/styles #", "dataset.root"),
    ],
)
def test_what_dvc_yaml_names_cannot_be_left_out_though_a_stage_has_a_default(here, line, parameter):  # noqa: F811
    """DVC itself refuses to read such a dvc.yaml: `Could not find 'features.segments'`."""
    here((line, "  #"))
    assert the_line() == f"{parameter}: is missing"


# What leads nowhere


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        (CONV, CONV.replace("logmel", "lgmel"), "cnn.conv.spectrogram: 'lgmel' leads nowhere: there is no "
         "'data/spectrograms/lgmel' and no stage writes it (did you mean 'logmel'?)"),
        ("  spectrogram: logmel\n  segments", "  spectrogram: lgmel\n  segments", "protocols.spectrogram: 'lgmel' leads nowhere: "
         "there is no 'data/spectrograms/lgmel' and no stage writes it (did you mean 'logmel'?)"),
        ("input: embeddings/notes", "input: embeddings/note", "transfer.frozen.input: 'embeddings/note' leads nowhere: there is "
         "no 'data/embeddings/note' and no stage writes it (did you mean 'embeddings/notes'?)"),
        ("weights: data/pretrain/notes/model.pt", "weights: weights/vgg.pt", "embeddings.notes.weights: 'weights/vgg.pt' leads "
         "nowhere: there is no 'weights/vgg.pt' and no stage writes it; `dalsegno weights list` names what can be fetched"),
        ("weights: data/pretrain/notes/model.pt", "weights: runs/cnn/conv/best.pt", "embeddings.notes.weights: "
         "'runs/cnn/conv/best.pt' leads nowhere; the weights in 'runs/cnn/conv' are called model.pt"),
        ("table: data/clips.csv", "table: my features.csv", "features.table: 'my features.csv' leads nowhere: there is no "
         "'my features.csv' and no stage writes it"),
        ("root: data/corpus/notes", "root: data/corpus/note", "pretrain.notes.dataset.root: 'data/corpus/note' leads nowhere: "
         "there is no 'data/corpus/note' and no stage writes it (did you mean 'data/corpus/notes'?)"),
        ("weights: data/pretrain/notes/model.pt", "weights: runs/cnn", "embeddings.notes.weights: 'runs/cnn' is a folder; "
         "expected a file"),
        ("weights: data/pretrain/notes/model.pt", "weights: ''", "embeddings.notes.weights: '' is a folder; expected a file"),
        ("root: data/corpus/notes", "root: ''", "pretrain.notes.dataset.root: '' holds what stages write; expected a folder or "
         "file apart from that"),
        *[(STYLES, f"root: {root}", f"dataset.root: '{root}' holds what stages write; expected a folder or file apart from that")
          for root in (".", "data", "/", "..", "data/..")],
        ("table: data/clips.csv", "table: stages", "features.table: 'stages' is a folder; expected a file"),
        (CONV, CONV.replace("logmel", "logmel/"), "cnn.conv.spectrogram: 'logmel/' leads nowhere: there is no "
         "'data/spectrograms/logmel' and no stage writes it (did you mean 'logmel'?)"),
        ("input: embeddings/notes", "input: embeddings/notes/", "transfer.frozen.input: 'embeddings/notes/' leads nowhere: there "
         "is no 'data/embeddings/notes' and no stage writes it (did you mean 'embeddings/notes'?)"),
        ("root: data/corpus/notes", f"root: {'x' * 300}", f"pretrain.notes.dataset.root: '{'x' * 300}' leads nowhere: there is "
         f"no '{'x' * 300}' and no stage writes it"),
        ("    spectrogram: logmel\n    arch: resnet", "    spectrogram: mel\n    arch: resnet", "pretrain.notes.spectrogram: 'mel' "
         "leads nowhere: there is no 'data/spectrograms/mel' and no stage writes it (did you mean 'logmel'?)"),
        ("search: data/clips.csv", "search: data/searches/small", "paper.search: 'data/searches/small' leads nowhere: there is no "
         "'data/searches/small' and no stage writes it; `dvc repro search/dvc.yaml:search@small` makes it, on demand"),
        (STYLES, "root: data/mine", "dataset.root: 'data/mine' leads nowhere: there is no 'data/mine' and no stage writes it"),
        ("name: folders", "name: folder", "dataset.name: there is no 'folder' in dalsegno/datasets/ (did you mean 'folders'?); "
         "there are: fma, folders, gtzan, images, irmas, kaggle, nsynth, table, got \"folder\""),
        ("device: auto", "device: cuda", "runtime.device is 'cuda', but PyTorch finds no GPU here; set it to auto or cpu"),
    ],
)  # fmt: skip
def test_a_name_that_leads_nowhere_is_told(here, monkeypatch, old, new, line):  # noqa: F811
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    here((old, new))
    assert line in lines()


@pytest.mark.parametrize(
    ("pointer", "old", "new", "line"),
    [
        ("data/music.dvc", STYLES, "root: data/music", "dataset.root: 'data/music'"),
        ("music.dvc", STYLES, "root: music", "dataset.root: 'music'"),
        ("weights.dvc", "weights: data/pretrain/notes/model.pt", "weights: weights/vgg.pt", "embeddings.notes.weights: 'weights/vgg.pt'"),
    ],
)  # fmt: skip
def test_what_dvc_tracks_and_nobody_pulled_is_told_with_the_command_that_fetches_it(here, pointer, old, new, line):  # noqa: F811
    Path("data").mkdir()
    Path(pointer).touch()
    here((old, new))
    assert the_line() == f"{line} is not there yet; `dvc pull {pointer}` fetches it"


def test_what_is_not_in_a_folder_that_dvc_tracks_and_that_is_there_leads_nowhere(here):  # noqa: F811
    Path("data/lists").mkdir(parents=True)
    Path("data/lists.dvc").touch()
    here(("source: audio", "source: csv"), ("table: data/clips.csv", "table: data/lists/mine.csv"))
    assert "features.table: 'data/lists/mine.csv' leads nowhere" in the_line()


def test_what_an_earlier_run_has_left_of_another_entry_leads_nowhere(here):  # noqa: F811
    """DVC would take it for a file of the user's own, and train on what no stage keeps up to date."""
    Path("data/spectrograms/mel").mkdir(parents=True)
    here((CONV, CONV.replace("logmel", "mel")))
    assert the_line() == (
        "cnn.conv.spectrogram: 'mel' leads nowhere: no stage writes 'data/spectrograms/mel', and what is there comes from an "
        "earlier run (did you mean 'logmel'?)"
    )


@pytest.mark.parametrize("content", [None, b"", b"a: [", b"\xff", b"stages: 1", b"- a"])
def test_a_dvc_yaml_that_cannot_be_read_is_told(here, content):  # noqa: F811
    here()
    Path("dvc.yaml").unlink()
    if content is not None:
        Path("dvc.yaml").write_bytes(content)
    assert (
        the_line().startswith("dvc.yaml: ") if content != b"a: [" else lines()[0].startswith("dvc.yaml: not valid YAML")
    )


def test_a_list_of_a_split_that_is_not_there_is_told(here):  # noqa: F811
    here(("protocol: kfold # holdout", "protocol: file # holdout"), ("file: data/clips.csv", "file: lists/mine.csv"))
    assert "splits.file: 'lists/mine.csv' leads nowhere: there is no 'lists/mine.csv' and no stage writes it" in lines()


def test_a_folder_of_weights_that_save_pretrained_wrote_is_no_problem(here, capsys):  # noqa: F811
    here(*[("weights: data/pretrain/notes/model.pt", "weights: weights/ast")] * 2)
    Path("weights/ast").mkdir(parents=True)
    Path("weights/ast/config.json").touch()
    main.main(["check"])
    assert capsys.readouterr().out == "params.yaml: no problems\n"


def test_weights_of_another_stage_and_those_that_are_there_lead_somewhere(here):  # noqa: F811
    here(
        *[
            ("weights: data/pretrain/notes/model.pt", f"weights: {path}")
            for path in (MINE, MINE, "runs/cnn/conv/model.pt")
        ]
    )
    Path(MINE).parent.mkdir()
    Path(MINE).touch()
    assert lines() == [
        "transfer.finetuned: arch is resnet, but cnn.conv, whose weights it takes, has conv; name the same in both"
    ]


def test_all_is_said_at_once(here, monkeypatch):  # noqa: F811
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    here(("seed: 1\n", "seed: -1\n"), (CONV, CONV.replace("logmel", "x")), ("device: auto", "device: cuda"),
         (STYLES, "root: nowhere"))  # fmt: skip
    Path(".git").rmdir()
    said = "\n".join(lines())
    assert len([line for line in said.splitlines() if line.startswith("dataset.root: ")]) == 1
    for part in (
        "corpus.styles.seed: ",
        "cnn.conv.spectrogram: ",
        "runtime.device is 'cuda'",
        "dataset.root: 'nowhere'",
        "no Git",
    ):
        assert part in said


def test_a_reason_for_a_model_that_is_not_asked_for_is_named(here):  # noqa: F811
    here(("  team: []", "  why: {cnn/convv: It is small.}\n  team: []"))
    assert the_line().startswith("paper.why.cnn/convv: params.yaml has no such entry (did you mean 'cnn/conv'?)")


@pytest.mark.parametrize(
    ("members", "line"),
    [
        ("[mlp/smal, cnn/conv]", "ensembles.three: there is no model 'mlp/smal' (did you mean 'mlp/small'?)"),
        ("[mlp/small, cnn/conv]", "ensembles.three: cnn/conv has the seeds [0, 1], another member has [0, 1, 2]; give "
         "them the same"),
    ],
)  # fmt: skip
def test_an_ensemble_that_cannot_be_is_told_before_its_members_are_trained(here, members, line):  # noqa: F811
    three = "three: [classical/svm, mlp/small, cnn/conv]"
    here((three, f"three: {members}"), *SEEDS)
    assert lines() == [line]


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("pairs: null", "pairs: [[mlp/smal, cnn/conv]]", "compare.pairs: there is no model 'mlp/smal' (did you mean 'mlp/small'?)"),
        ("pairs: null", "pairs: [[ensembles/tree, cnn/conv]]", "compare.pairs: there is no model 'ensembles/tree' (did you mean "
         "'ensembles/three'?)"),
        ("pairs: null", "pairs: [[mlp/small, mlp/small]]", "compare.pairs: mlp/small and mlp/small are one model, or a pair that "
         "stands there twice"),
        ("final: {}", "final: {songs: {model: transfer/song}}", "final.songs.model: there is no model 'transfer/song' (did you mean "
         "'transfer/songs'?)"),
        ("search: {}", search("mlp.smal", "features.parquet", "train.lr"), "search.a: of: there is no entry mlp.smal (did you mean "
         "'mlp.small'?)"),
        ("search: {}", search("mlp.small", "spectrograms/logmel", "train.lr"), "search.a: input is spectrograms/logmel, but "
         "mlp.small reads features.parquet; write the same"),
        ("search: {}", search("mlp.small", "features.parquet", "train.lrr"), "search.a: space: mlp.small.train.lrr: there is no such "
         "parameter (did you mean 'lr'?)"),
    ],
)  # fmt: skip
def test_a_model_that_is_named_and_is_not_there_is_told(here, old, new, line):  # noqa: F811
    here((old, new))
    assert lines() == [line]


@pytest.mark.parametrize(
    ("edits", "lines_"),
    [
        ([("embeddings/notes\n    arch: resnet\n    model: {width: 16, depth: [1, 1, 1, 1], stem: image}\n", "embeddings/notes\n"
           "    arch: vgg\n")], ["transfer.frozen: arch is vgg, but embeddings.notes has resnet; name the same in both"]),
        ([("embeddings/songs\n    arch: musicnn\n    weights: data/packaged/msd_musicnn/model.pt",
           "embeddings/songs\n    arch: musicnn\n    weights: data/pretrain/notes/model.pt")], ["transfer.songs: weights is "
         "data/pretrain/notes/model.pt, but embeddings.songs has data/packaged/msd_musicnn/model.pt; name the same in both"]),
        ([("notes:\n    spectrogram: logmel\n    arch: resnet\n    model: {width: 16, depth: [1, 1, 1, 1], stem: image}\n    weights",
           "notes:\n    spectrogram: musicnn\n    arch: vgg\n    model: {}\n    weights")],
         ["transfer.frozen: arch is resnet, but embeddings.notes has vgg; name the same in both",
          "embeddings.notes: arch is vgg, but pretrain.notes, whose weights it takes, has resnet; name the same in both",
          "embeddings.notes: reads spectrograms.musicnn, but pretrain.notes, whose weights it takes, learnt from "
          "spectrograms.logmel, which is a different one; name the same in both"]),
        ([("input: embeddings/notes\n    arch: resnet\n    model: {width: 16, depth: [1, 1, 1, 1], stem: image}",
           "input: embeddings/notes\n    arch: resnet\n    model: {width: 32, depth: [1, 1, 1], stem: image}")],
         ["transfer.frozen.model: width is 32, but embeddings.notes has 16; name the same in both, or leave model out of the former",
          "transfer.frozen.model: depth is [1, 1, 1], but embeddings.notes has [1, 1, 1, 1]; name the same in both, or leave model "
          "out of the former"]),
        ([("head: {widths: [], dropout: 0.0}\n    train", "head: {layers: weighted}\n    train"),
          ("head: {widths: [], dropout: 0.5}", "head: {layers: weighted}")],
         ["transfer.frozen.head: layers is weighted, but embeddings.notes gives one layer; name several in embeddings.notes.layers",
          "transfer.songs.head: layers is weighted, but embeddings.songs gives one layer; name several in "
          "embeddings.songs.model.layers"]),
        ([("head: {widths: [], dropout: 0.0}\n    train", "head: {layers: weighted}\n    train"),
          ("notes/model.pt\n    view: {crop_s: 1.0}", "notes/model.pt\n    layers: [1, embedding]\n    view: {crop_s: 1.0}"),
          ("head: {widths: [], dropout: 0.5}", "head: {layers: weighted}"),
          ("arch: musicnn, model: {}", "arch: musicnn, model: {layers: [cnn1, penultimate]}")], None),
        ([("weights: data/pretrain/notes/model.pt\n    head: {widths: [], dropout: 0.0}\n    unfreeze",
           "weights: ./data//pretrain/notes/model.pt\n    head: {widths: [], dropout: 0.0}\n    unfreeze"),
          ("input: spectrograms/logmel", "input: spectrograms/musicnn")], ["transfer.finetuned: reads spectrograms.musicnn, but "
         "pretrain.notes, whose weights it takes, learnt from spectrograms.logmel, which is a different one; name the same in both"]),
        ([("input: spectrograms/logmel", "input: spectrograms/musicnn")], ["transfer.finetuned: reads spectrograms.musicnn, but "
         "pretrain.notes, whose weights it takes, learnt from spectrograms.logmel, which is a different one; name the same in both"]),
    ],
)  # fmt: skip
def test_entries_that_build_on_one_another_must_agree(here, edits, lines_, capsys):  # noqa: F811
    here(*edits)
    if lines_ is None:
        main.main(["check"])
        assert "no problems" in capsys.readouterr().out
    else:
        assert lines() == lines_


def test_a_copy_without_hidden_files_is_told(here):  # noqa: F811
    here()
    Path(".dvc").rmdir()
    assert the_line().startswith("there is no folder .dvc in ")


def test_where_there_is_no_repository_the_way_out_is_told(here):  # noqa: F811
    here()
    Path(".git").rmdir()
    assert the_line().endswith("and DVC needs one: git init && git add --all && git commit -m start")


@pytest.mark.parametrize("end", ["    - path: a\n      hash:\n", "    - pa", "<<<<<<< HEAD\n    - path: a\n"])
@pytest.mark.parametrize("lock", ["dvc.lock", "search/dvc.lock"])
def test_a_lock_that_dvc_was_stopped_in_or_that_git_could_not_merge_is_told_with_the_way_out(here, lock, end):  # noqa: F811
    here()
    whole = "schema: '2.0'\nstages:\n  a:\n    cmd: b\n    outs:\n    - path: a\n      hash: md5\n"
    Path(lock).parent.mkdir(exist_ok=True)
    Path(lock).write_text(whole)
    main.main(["check"])
    Path(lock).write_text(whole + end)
    assert the_line().startswith(f"{lock}: cut off") and f"git checkout HEAD {lock}" in the_line()


# What DVC cannot hash


@pytest.fixture
def data(here):  # noqa: F811
    """A folder of clips that params.yaml names."""
    here((STYLES, "root: my data"))
    for name in "ab":
        Path("my data", name).mkdir(parents=True)
        Path("my data", name, "x.wav").touch()
    return Path("my data/a")


def link_to_nowhere(folder):
    (folder / "y.wav").symlink_to("nowhere.wav")


def link_to_itself(folder):
    (folder / "y.wav").symlink_to("y.wav")


def fifo(folder):
    os.mkfifo(folder / "y.wav")


def latin_1(folder):
    Path(os.fsdecode(os.fsencode(folder) + b"/\xe9.wav")).touch()


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (link_to_nowhere, "a link to nowhere: 'my data/a/y.wav'"),
        (link_to_itself, "too many levels of symbolic links: 'my data/a/y.wav'"),
        (fifo, "neither a file nor a folder: 'my data/a/y.wav'"),
        (latin_1, r"a name that is not UTF-8: 'my data/a/\\udce9.wav'"),
    ],
)
def test_what_dvc_cannot_hash_is_named(data, spoil, reason):
    spoil(data)
    assert f"dataset.root: DVC cannot hash 'my data': {reason}" in lines()


def test_of_many_five_are_named(data):
    for i in range(8):
        (data / f"{i}.wav").symlink_to("nowhere")
    line = next(line for line in lines() if "a link to nowhere" in line)
    assert line.endswith("'my data/a/4.wav', … and 3 more") and line.count(".wav") == 5


def test_what_dvc_can_hash_is_no_problem(data, capsys):
    (data / "y.wav").symlink_to("x.wav")
    (data / "é's [1] & $x.wav").touch()
    main.main(["check"])
    assert capsys.readouterr().out == "params.yaml: no problems\n"


def test_a_script_reads_the_problems_as_json(here, capsys):  # noqa: F811
    with pytest.raises(SystemExit) as end:
        main.main(["check", "--json"])
    problems = json.loads(capsys.readouterr().out)["problems"]
    assert (end.value.code, problems) == (1, lines())
