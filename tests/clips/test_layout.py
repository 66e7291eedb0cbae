"""Folders of real life: roots one folder too high, other formats, odd spellings, links, what systems leave behind."""

import os
import shutil
import subprocess
import unicodedata
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from dvc.repo import Repo
from support.tunes import RATE, examine, reason, save, tune

from dalsegno.artefacts.data_set import clips_csv
from dalsegno.clips import inspect_audio, listing
from dalsegno.clips.dataset import Params
from dalsegno.clips.tree import formats, labelled, layout
from dalsegno.pipeline.errors import UserError

NOISE = np.random.default_rng(0).normal(0, 0.1, 8000)


def tree(root, *paths):
    """Short sounds, each another, at `paths` below `root`."""
    for i, path in enumerate(paths):
        save(root / path, np.random.default_rng(i).normal(0, 0.1, 8000), 8000)
    return root


def listed(root, name="folders", **more):
    return listing.listing(root, Params(name=name, root=str(root), **more)).clips


def refusal(root, name="folders", **more):
    with pytest.raises(UserError) as error:
        listed(root, name, **more)
    return str(error.value)


def test_a_root_one_folder_too_high_names_the_classes_below(tmp_path):
    tree(tmp_path, *(f"Data/genres_original/{genre}/x.wav" for genre in ("blues", "jazz", "rock")))
    (tmp_path / "Data" / "images_original").mkdir()
    message = refusal(tmp_path / "Data")
    assert "a single class, 'genres_original'" in message and "holds the folders blues, jazz, rock" in message
    assert f"name the folder {tmp_path / 'Data' / 'genres_original'}" in message
    assert {clip.label for clip in listed(tmp_path / "Data" / "genres_original")} == {"blues", "jazz", "rock"}


def test_a_table_beside_one_folder_of_sound_may_name_the_classes(tmp_path):
    tree(tmp_path, "audio/x.wav", "audio/y.wav")
    (tmp_path / "groups.csv").write_text("path,group\n")
    assert "dataset.name" not in refusal(tmp_path)
    (tmp_path / "meta.csv").write_text("file,label\n")
    assert (
        "If meta.csv says which class each file has, set `dataset.name: table`; `dalsegno datasets` shows"
        in refusal(tmp_path)
    )
    tree(tmp_path / "flat", "x.wav")
    (tmp_path / "flat" / "meta.jsonl").write_text("{}\n")
    assert "If meta.jsonl says which class" in refusal(tmp_path / "flat")


@pytest.mark.parametrize(
    ("names", "seems"),
    [
        (("train", "test"), "the test part"),
        (("Train", "Val", "Test"), "the validation part"),
        (("training", "validation"), "the training part"),
        (("fold1", "fold2", "fold10"), "a fold"),
        (("Fold 1", "Fold 2"), "a fold"),
        (("fold-1", "fold-2", "extras"), "a fold"),
        (("train_set", "dev"), "the training part"),
        (("blues", "jazz", "test"), "the test part"),
        (("gtzan_train", "gtzan_test"), "a part"),
        (("audio train", "audio valid"), "a part"),
    ],
)
def test_parts_of_a_data_set_are_no_classes(tmp_path, names, seems):
    tree(tmp_path, *(f"{name}/{label}/{name}.wav" for name in names for label in ("blues", "jazz")))
    message = refusal(tmp_path)
    assert "parts of a data set and no classes" in message and seems in message
    assert f"{names[-1]}/ holds the folders blues, jazz" in message and "name one of them" in message


def test_a_sound_called_train_is_a_class_and_remarked_on(tmp_path):
    tree(tmp_path, "dog/a.wav", "rain/b.wav", "train/c.wav")
    assert {clip.label for clip in listed(tmp_path)} == {"dog", "rain", "train"}
    remarks = examine(tmp_path).remarks
    assert remarks.loc[remarks["about"] == "class “train”", "remark"].str.startswith("named like a part").any()


@pytest.mark.parametrize("name", ["training day", "contest", "protest", "trains", "devotional", "foldable", "validity"])
def test_names_that_only_begin_like_a_part_are_classes(tmp_path, name):
    assert not layout.part_of(name)
    tree(tmp_path, "blues/a.wav", f"{name}/b.wav")
    assert len(listed(tmp_path)) == 2


def test_no_class_folder_and_nothing_but_unlabelled_clips_are_refused(tmp_path):
    tree(tmp_path / "flat", "a.wav", "b.wav")
    tree(tmp_path / "bare", "unlabelled/a.wav")
    assert "no class folder" in refusal(tmp_path / "flat") and "no class folder" in refusal(tmp_path / "bare")


def test_one_class_left_by_leave_out_is_refused_and_names_what_was_left_out_in_any_unicode_form(tmp_path):
    tree(tmp_path, "a/x.wav", unicodedata.normalize("NFD", "Café/y.wav"), "c/z.wav")
    assert "got only 'a'" in refusal(tmp_path, leave_out=["Café", "c"])
    assert "did you mean 'Café'" in refusal(tmp_path, leave_out=["Cafe"])


def test_kaggle_is_held_to_the_same_rules_below_train(tmp_path):
    tree(tmp_path, "train/genres/blues/a.wav", "train/genres/jazz/b.wav", "test/c.wav")
    assert "a single class, 'genres'" in refusal(tmp_path, "kaggle")
    tree(
        tmp_path / "other", "train/blues/a.wav", "train/Unlabeled/b.wav", "train/jazz/c.wav", "test/c.wav", "test/d.wav"
    )
    (tmp_path / "other" / "train" / "rock").mkdir()
    (tmp_path / "other" / "train" / "jazz" / "new.m4a").write_bytes(b"x")
    (tmp_path / "other" / "test" / "e.wma").write_bytes(b"x")
    faults = {clip.path.name: clip.fault for clip in listed(tmp_path / "other", "kaggle")}
    assert faults["b.wav"].startswith("no label") and faults["rock"].startswith("empty class")
    assert faults["new.m4a"].startswith("other format m4a") and faults["e.wma"].startswith("other format wma")
    assert faults["a.wav"] is None and faults["d.wav"] is None


@pytest.mark.parametrize("suffix", sorted(clips_csv.AUDIO))
def test_every_format_of_libsndfile_is_read(tmp_path, suffix):
    container = clips_csv.FORMATS[suffix][0]
    subtype = {"WVE": "ALAW", "MP3": "MPEG_LAYER_III", "OGG": "OPUS" if suffix == ".opus" else "VORBIS"}.get(container)
    path = tmp_path / f"x{suffix.upper()}"
    sf.write(path, tune(0, 2.0), 8000 if container == "WVE" else 48000, format=container, subtype=subtype)
    facts = inspect_audio.inspect(path, 0.5, False)
    assert facts.fault == "" and not any(r.startswith("wrong extension") for r in facts.remarks)


def test_suffixes_are_the_same_where_names_are_matched():
    assert not formats.FOREIGN & (clips_csv.AUDIO | clips_csv.PICTURE)
    assert clips_csv.bare("a/x.w64") == "a/x" and clips_csv.bare("x.CAF") == "x" and clips_csv.bare("x.y") == "x.y"


def test_other_formats_are_counted_by_suffix_with_the_command_that_converts_them(tmp_path):
    root = tree(tmp_path / "my (old) music & more's", "blues/a.wav", "jazz/b.wav", "jazz/done.flac")
    for path in ("blues/c.m4a", "blues/d.M4A", "jazz/e.webm", "jazz/done.m4a", "rock/f.m4a"):
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_bytes(b"not decoded")
    findings = examine(root)
    assert findings.summary()["excluded"] == {"empty_class": 1, "other_format_m4a": 3, "other_format_webm": 1}
    assert findings.summary()["labels"] == {"blues": 1, "jazz": 2}
    assert reason(findings, "rock") == "empty class: its folder holds no audio file, only 1 of .m4a"
    said = findings.remarks.loc[findings.remarks["about"] == "files", "remark"].tolist()
    assert [line.split(", not read; ")[0] for line in said] == [
        "other format: 3 files of .m4a",
        "other format: 1 file of .webm",
    ]
    assert "class “rock”" in set(findings.remarks["about"])


def test_a_class_without_a_clip_is_told_how_many_files_it_has(tmp_path):
    """An empty folder had "none of its 1 entries"."""
    root = tree(tmp_path, "blues/a.wav", "jazz/b.wav")
    for path in ("folk/x.wav", "rock/y.wav", "rock/z.wav"):
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).touch()
    (root / "empty").mkdir()
    remarks = examine(root).remarks.set_index("about")["remark"]
    assert remarks[remarks.str.startswith("no clips")].to_dict() == {
        "class “empty”": "no clips: its folder holds no audio file",
        "class “folk”": "no clips: its only file cannot be used",
        "class “rock”": "no clips: none of its 2 files can be used",
    }


def test_the_command_runs_in_a_shell_whatever_the_folder_is_called(tmp_path):
    root = tree(tmp_path / "my (old) music & more's $HOME", "blues/a.wav")
    for path in ("blues/c c.m4a", 'blues/d"q.M4A'):
        (root / path).write_text("sound")
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "ffmpeg").write_text('#!/bin/sh\n[ "$1 $3" = "-i -vn" ] && cp "$2" "$4"\n')
    (tools / "ffmpeg").chmod(0o755)
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(formats.command(root, ".m4a"), shell=True, check=True, env=os.environ | {"PATH": path})
    assert (root / "blues" / "c c.flac").read_text() == (root / "blues" / 'd"q.flac').read_text() == "sound"


def test_a_data_set_of_another_format_alone_says_how_to_convert_it(tmp_path):
    for path in ("blues/a.m4a", "jazz/b.m4a"):
        (tmp_path / path).parent.mkdir()
        (tmp_path / path).write_bytes(b"x")
    for name in ("folders", "gtzan"):
        message = refusal(tmp_path, name)
        assert "holds no audio file" in message and "2 files of .m4a" in message and "ffmpeg -i" in message


def test_a_class_of_another_format_beside_a_single_one_is_named_as_it_is_refused(tmp_path):
    tree(tmp_path, "blues/a.wav")
    (tmp_path / "jazz").mkdir()
    (tmp_path / "jazz" / "b.aac").write_bytes(b"x")
    message = refusal(tmp_path)
    assert "a single class, 'blues'" in message and "1 file of .aac, not read" in message


def test_folders_without_a_clip_are_named_with_what_they_hold(tmp_path):
    tree(tmp_path, "blues/a.wav", "jazz/b.wav")
    (tmp_path / "rock").mkdir()
    (tmp_path / "pop").mkdir()
    for name in ("a.xyz", "b.xyz", "README"):
        (tmp_path / "pop" / name).write_text("x")
    findings = examine(tmp_path)
    assert reason(findings, "rock").endswith("no audio file, no file at all")
    assert reason(findings, "pop").endswith("only 2 of .xyz, 1 without suffix")
    assert findings.summary()["used"] == 2


@pytest.mark.parametrize(
    "name",
    [
        "unlabelled",
        "unlabeled",
        "Unlabelled",
        "UNLABELED",
        "unlabelled ",
        "un-labelled",
        "_unlabeled",
        "unlabelled clips",
        "no label",
    ],
)
def test_unlabelled_however_it_is_spelt_is_no_class(tmp_path, name):
    tree(tmp_path, "a/x.wav", "b/y.wav", f"{name}/z.wav")
    clips = {clip.path.stem: clip for clip in listed(tmp_path)}
    assert clips["z"].label is None and clips["z"].fault is None


def test_labelled_and_the_like_are_classes():
    assert not any(map(labelled.is_unlabelled, ("labelled", "unlabelled2 take", "unlabel", "unlabelledx")))


def test_what_systems_leave_behind_is_no_class_at_any_depth(tmp_path):
    tree(tmp_path, "a/x.wav", "b/y.wav")
    for i, name in enumerate(
        (
            "$RECYCLE.BIN",
            "#recycle",
            "@eaDir",
            "__MACOSX",
            ".Trash",
            ".Trash-1000",
            "lost+found",
            "System Volume Information",
        )
    ):
        save(tmp_path / name / "deep" / f"{i}.wav", tune(i, 1.0))
        save(tmp_path / "a" / name / f"in{i}.wav", tune(i, 1.0))
    findings = examine(tmp_path)
    assert sorted(findings.clips["path"]) == ["a/x.wav", "b/y.wav"]


def test_files_that_are_passed_over_are_counted_by_suffix(tmp_path):
    """What has no suffix, or one that nobody knows, may be sound that the user counts on."""
    tree(tmp_path, *(f"{label}/{i}.wav" for label in "ab" for i in range(2)))
    for name in ("a/track", "a/song.xyz", "b/song.xyz", "a/notes.txt", "b/.hidden.xyz", "about.json"):
        (tmp_path / name).write_bytes(b"{}")
    (tmp_path / "about.json").write_text('{"title": "T"}')
    remarks = examine(tmp_path).remarks.set_index("remark")["about"]
    assert remarks["passed over: 2 of .xyz, 1 without suffix, which are not clips of this data set"] == "files"


def test_files_of_many_suffixes_are_counted_in_full_and_those_behind_a_link_once(tmp_path):
    tree(tmp_path, *(f"{label}/{i}.wav" for label in "ab" for i in range(2)))
    for letter in "abcdefghijk":
        (tmp_path / "a" / f"x.q{letter}").touch()
    (tmp_path / "c").symlink_to("a")
    findings = examine(tmp_path)
    (remark,) = findings.remarks.loc[findings.remarks["about"] == "files", "remark"]
    named = ", ".join(f"1 of .q{letter}" for letter in "abcdefgh")
    assert remark == f"passed over: {named}, 3 of other suffixes, which are not clips of this data set"
    assert findings.clips.set_index("path").loc["c", "excluded"].startswith("not a file: a link")


def test_folders_that_all_hold_the_same_folders_are_remarked_on(tmp_path):
    remarks = examine(
        tree(tmp_path, *(f"{disc}/{label}/x.wav" for disc in ("disc1", "disc2") for label in "abc"))
    ).remarks
    (remark,) = remarks.loc[remarks["about"] == "classes", "remark"]
    assert remark == "same folders: each class holds the folders a, b, c; are these the classes, and the root too high?"


def test_hidden_folders_are_stray_and_no_class(tmp_path):
    tree(tmp_path, "a/x.wav", "b/y.wav", ".cache/z.wav")
    findings = examine(tmp_path)
    assert reason(findings, ".cache/z.wav").startswith("stray file") and set(findings.clips["label"]) == {"a", "b", ""}


def test_classes_that_differ_in_case_blanks_or_unicode_are_remarked_on(tmp_path):
    nfd = unicodedata.normalize("NFD", "Café")
    tree(
        tmp_path,
        "Hip Hop/a.wav",
        "hip-hop/b.wav",
        "Rock/c.wav",
        "Rock /d.wav",
        "Café/e.wav",
        f"{nfd}/f.wav",
        "C/g.wav",
        "C#/h.wav",
    )
    findings = examine(tmp_path)
    said = findings.remarks[findings.remarks["remark"].str.startswith("similar classes")]
    assert sorted(said["about"]) == ["class “Café”", "class “Hip Hop”", "class “Rock”"]
    assert findings.summary()["labels"]["Café"] == 2


def test_groups_that_differ_in_case_are_remarked_on(tmp_path):
    tree(tmp_path, "a/x.wav", "b/y.wav")
    (tmp_path / "groups.csv").write_text("path,group\na/x.wav,ABBA\nb/y.wav,Abba\n")
    assert "similar groups: “ABBA”, “Abba” differ" in " ".join(examine(tmp_path).remarks["remark"])


# Links, held against DVC itself.


def repository(root):
    """`root` made a Git and DVC repository."""
    root.mkdir()
    subprocess.run(["git", "init", "-q", root], check=True)
    Repo.init(str(root)).close()
    return root


@pytest.mark.parametrize(
    "kind",
    [
        "class folder",
        "folder in a class",
        "two links to one folder",
        "repository",
        "repository of a class",
        "git repository",
        "repository outside",
        "root",
        "parent of root",
        "file",
    ],
)
def test_what_dvc_does_not_see_change_is_refused_and_nothing_else(tmp_path, monkeypatch, kind):
    here = tmp_path / "repository"
    monkeypatch.chdir(repository(here))
    elsewhere = tree(here / "elsewhere", "a/x.wav", "b/y.wav", "b/part/z.wav")
    data = here / "data"
    match kind:
        case "class folder":
            tree(data, "a/x.wav", "c/z.wav")
            (data / "b").symlink_to("../elsewhere/b")
        case "folder in a class":
            tree(data, "a/x.wav", "b/z.wav")
            (data / "b" / "part").symlink_to(elsewhere / "b")
        case "two links to one folder":
            tree(data, "a/x.wav", "b/w.wav", "c/b/y.wav")
            (data / "d").symlink_to(elsewhere / "b")
            (data / "d2").symlink_to(elsewhere / "b")
        case "repository" | "repository of a class" | "git repository":
            tree(data, "a/x.wav", "b/y.wav")
            folder = {"repository": ".dvc", "repository of a class": "b/.dvc", "git repository": "b/.git"}[kind]
            (data / folder).mkdir()
            elsewhere = data
        case "repository outside":
            elsewhere = tree(tmp_path / "outside", "a/x.wav", "b/y.wav")
            (elsewhere / ".dvc").mkdir()
            data = elsewhere
        case "root":
            data.symlink_to("elsewhere")
        case "parent of root":
            (here / "link").symlink_to("elsewhere/..")
            data.symlink_to("link/elsewhere")
        case "file":
            tree(data, "a/x.wav", "b/z.wav")
            (data / "b" / "y.wav").symlink_to(elsewhere / "b" / "y.wav")
    path = data.relative_to(here) if data.is_relative_to(here) else data
    (here / "dvc.yaml").write_text(f"stages: {{s: {{cmd: echo > out, deps: ['{path}'], outs: [out]}}}}\n")
    with Repo(str(here)) as repo:
        assert [stage.addressing for stage in repo.reproduce()] == ["s"]
    save(elsewhere / "b" / "y.wav", tune(9, 2.0), RATE)
    with Repo(str(here)) as repo:
        seen = repo.status() != {}
    assert seen == (kind in ("git repository", "repository outside", "root", "parent of root", "file"))
    if seen:
        assert {clip.label for clip in listed(data)} >= {"a", "b"}
    elif "repository" in kind:
        assert "1 folder of clips with a DVC repository of its own" in refusal(data)
    else:
        message = refusal(data)
        assert "symbolic links" in message and "cp -rs" in message and "is a link to" in message


def test_the_ways_out_of_linked_folders_work(tmp_path):
    elsewhere = tree(tmp_path / "elsewhere", "b/y.wav", "b/deep/z.wav")
    tree(tmp_path / "data", "a/x.wav")
    subprocess.run(["cp", "-rs", elsewhere / "b", tmp_path / "data" / "b"], check=True)
    assert len(listed(tmp_path / "data")) == 3
    shutil.rmtree(tmp_path / "data" / "b")
    (tmp_path / "data" / "b").symlink_to(elsewhere / "b")
    subprocess.run(["cp", "-rL", tmp_path / "data" / "b", tmp_path / "data" / "copy"], check=True)
    (tmp_path / "data" / "b").unlink()
    assert len(listed(tmp_path / "data")) == 3


def test_linked_parts_of_kaggle_and_nsynth_are_refused_as_well(tmp_path):
    elsewhere = tree(tmp_path / "elsewhere", "test/c.wav", "nsynth-train/audio/n.wav", "nsynth-train/audio/m.wav")
    tree(tmp_path / "k", "train/a/x.wav", "train/b/y.wav")
    (tmp_path / "k" / "test").symlink_to(elsewhere / "test")
    assert "symbolic links" in refusal(tmp_path / "k", "kaggle")
    note = '{"instrument_family_str": "%s", "instrument_str": "i"}'
    (elsewhere / "nsynth-train" / "examples.json").write_text(f'{{"n": {note % "bass"}, "m": {note % "reed"}}}')
    (tmp_path / "n").mkdir()
    (tmp_path / "n" / "nsynth-train").symlink_to(elsewhere / "nsynth-train")
    assert "nsynth-train' is a link to" in refusal(tmp_path / "n", "nsynth")


def test_a_relative_root_is_treated_like_an_absolute_one(tmp_path, monkeypatch):
    tree(tmp_path / "data", "a/x.wav", "b/y.wav")
    (tmp_path / "data" / "c").symlink_to(tree(tmp_path / "elsewhere", "z.wav"))
    monkeypatch.chdir(tmp_path)
    assert "symbolic links" in refusal(Path("data"))
    monkeypatch.chdir(tmp_path / "data")
    assert "symbolic links" in refusal(Path())
