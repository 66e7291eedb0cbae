"""One contract over all data sets, each on a tree generated in its own layout; and what is peculiar to each."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from PIL import Image
from support import known_collections

from dalsegno.clips import gtzan_csv
from dalsegno.clips.dataset import Params
from dalsegno.clips.table.columns import Columns
from dalsegno.clips.tree import ids as clip_ids
from dalsegno.clips.tree import walk
from dalsegno.datasets import fma, folders, gtzan, images, irmas, kaggle, nsynth, table
from dalsegno.pipeline import errors, params

ADAPTERS = {
    "fma": fma,
    "folders": folders,
    "gtzan": gtzan,
    "images": images,
    "irmas": irmas,
    "kaggle": kaggle,
    "nsynth": nsynth,
    "table": table,
}
OPTIONS = {"table": {"table": "metadata.csv", "columns": Columns(path="file_name", label="label")}}


def sound(path, seed=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    sf.write(path, np.random.default_rng(seed).normal(0, 0.1, 8000), 8000)


def picture(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (16, 32), dtype=np.uint8)).save(path)


def notes(root, part, table):
    for name in table:
        sound(root / f"nsynth-{part}" / "audio" / f"{name}.wav")
    (root / f"nsynth-{part}" / "examples.json").write_text(json.dumps(table))


def note(family="bass", source="acoustic", instrument="bass_acoustic_000"):
    return {"instrument_family_str": family, "instrument_source_str": source, "instrument_str": instrument, "pitch": 60}


@pytest.fixture
def root(request, tmp_path):
    """A small data set in the layout of the adapter that the test is run with."""
    match request.param:
        case "folders":
            for label in ("a", "b"):
                sound(tmp_path / label / "deep" / "x.wav")
            sound(tmp_path / "unlabelled" / "x.flac")
            (tmp_path / "groups.csv").write_text("path,group\na/deep/x.wav,someone\nb/deep/x.wav,\n")
        case "gtzan":
            sound(tmp_path / "Data" / "genres_original" / "blues" / "blues.00000.wav")
            sound(tmp_path / "Data" / "genres_original" / "rock" / "rock.00016.wav")
        case "images":
            picture(tmp_path / "blues" / "blues.00000.png")
            picture(tmp_path / "rock" / "rock.00000.jpg")
        case "fma":
            known_collections.fma(tmp_path)
            shutil.rmtree(tmp_path / "fma_small" / "098")
            tracks = tmp_path / "fma_metadata" / "tracks.csv"
            tracks.write_text("".join(line for line in tracks.open() if not line.startswith("98565,")))
        case "irmas":
            for instrument in ("cel", "voi"):
                sound(tmp_path / instrument / f"[{instrument}][cla]0001__1.wav")
        case "table":
            known_collections.hf_audiofolder(tmp_path)
        case "kaggle":
            for path in ("train/rock/x.wav", "train/pop/y.wav", "test/x.wav"):
                sound(tmp_path / path)
        case "nsynth":
            notes(tmp_path, "train", {"bass_acoustic_000-060-100": note()})
            notes(tmp_path, "test", {"reed_acoustic_001-060-100": note("reed", "acoustic", "reed_acoustic_001")})
    return request.param, tmp_path


every = pytest.mark.parametrize("root", sorted(ADAPTERS), indirect=True)


def listed(name, root, **more):
    return list(ADAPTERS[name].clips(Path(root), Params(name=name, root=str(root), **OPTIONS.get(name, {}), **more)))


def test_every_adapter_is_here():
    """Unless it has a test of its own, as `dalsegno new dataset` writes one."""
    names = {p.stem for p in Path(folders.__file__).parent.glob("*.py")} - {"__init__"}
    own = {name for name in names - set(ADAPTERS) if Path(__file__).with_name(f"test_{name}.py").is_file()}
    assert names - own == set(ADAPTERS)


@every
def test_contract(root):
    name, root = root
    clips = listed(name, root)
    assert clips == listed(name, root)
    assert len({c.id.casefold() for c in clips}) == len(clips) >= 2
    for clip in clips:
        assert clip.path.is_file() and clip.path.is_relative_to(root)
        plain = clip.id.replace("%", "_")  # what stands for a character that no file's name should have
        assert plain == clip_ids.safe(plain) and not clip.id.startswith((".", "-"))
        assert clip.label is None or clip.label
        assert clip.split in (None, "train", "valid", "test")
    assert len({c.label for c in clips} - {None}) == 2


@every
def test_missing_or_empty_root_says_what_was_expected(root):
    name, root = root
    (root / "empty").mkdir()
    for wrong in (root / "nowhere", root / "empty"):
        with pytest.raises(walk.Missing) as error:  # to which the stage adds where to say it
            listed(name, wrong)
        assert str(wrong) in str(error.value)
        assert ADAPTERS[name].EXPECTS.split()[0] in str(error.value)


@every
def test_groups_csv_is_read_in_every_layout(root):
    name, folder = root
    clips = [c for c in listed(name, folder, groups="none") if c.label and not c.fault]
    rows = [f"{clip.path.relative_to(folder).as_posix()},mine {i}\n" for i, clip in enumerate(clips)]
    (folder / "groups.csv").write_text("".join(["path,group\n", *rows]))
    stated = {clip.id: clip.group for clip in listed(name, folder, allow_ungrouped="tried here")}
    assert [stated[clip.id] for clip in clips] == [f"mine {i}" for i in range(len(clips))]


@pytest.mark.parametrize("root", ["folders"], indirect=True)
def test_folders_groups_and_unlabelled(root):
    clips = {c.path.relative_to(root[1]).as_posix(): c for c in listed(*root)}
    assert clips["a/deep/x.wav"].group == "someone" and clips["b/deep/x.wav"].group is None
    assert clips["unlabelled/x.flac"].label is None and clips["unlabelled/x.flac"].fault is None


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("file,group\nx,y\n", "line 1"),
        ("path,group\nx\n", "line 2"),
        ("path,group\n\nx,y\nx,z\n", "line 4"),
        ("path,group,path\n", "line 1: the column 'path'"),
        ('path,group\n"x,y\n', "line 2: not a CSV"),
        ("", "line 1: expected the names of columns"),
    ],
)
def test_malformed_groups_name_file_and_line(tmp_path, text, line):
    sound(tmp_path / "a" / "x.wav")
    sound(tmp_path / "b" / "x.wav")
    (tmp_path / "groups.csv").write_text(text)
    with pytest.raises(errors.UserError, match=rf"groups\.csv, {line}"):
        listed("folders", tmp_path)


def test_groups_that_are_no_text_or_name_no_clip(tmp_path):
    sound(tmp_path / "a" / "x.wav")
    sound(tmp_path / "b" / "x.wav")
    for text, says in (
        (b"path,group\n\xff,y\n", "expected text in UTF-8"),
        (b"path,group\nx.wav,y\n", "of its 1 path none is here"),
    ):
        (tmp_path / "groups.csv").write_bytes(text)
        with pytest.raises(errors.UserError, match=rf"groups\.csv.*: .*{says}"):
            listed("folders", tmp_path)


def test_pictures_and_files_named_as_those_of_gtzan_are_grouped_by_artist_unless_groups_are_given(tmp_path):
    for path in ("blues/blues.00000.png", "blues/mine.png", "other/blues.00001.png"):
        picture(tmp_path / path)
    groups = {c.id: c.group for c in listed("images", tmp_path)}
    assert groups == {"blues.00000": "John Lee Hooker", "blues.mine": None, "other.blues.00001": None}
    (tmp_path / "groups.csv").write_text("path,group\n")
    assert {c.group for c in listed("images", tmp_path)} == {None}


def test_kaggle_clips_named_as_those_of_gtzan_are_grouped_by_artist(tmp_path):
    for path in (
        "train/blues/blues.00000.wav",
        "train/blues/mine.wav",
        "train/pop/x.wav",
        "test/blues/blues.00001.wav",
    ):
        sound(tmp_path / path)
    groups = {c.path.stem: c.group for c in listed("kaggle", tmp_path)}
    assert groups == {"blues.00000": "John Lee Hooker", "mine": None, "x": None, "blues.00001": None}


def test_ids_tell_apart_what_differs_only_in_extension_case_or_odd_signs(tmp_path):
    paths = [
        Path(p) for p in ("a/x.au", "a/x.mp3", "a/X.wav", "a/x y.wav", "a/x%20y.wav", "a/.x.wav", "blues/blues.1.wav")
    ]
    ids = clip_ids.ids(paths)
    assert len({i.casefold() for i in ids}) == len(ids)
    assert ids[:2] == ["a.x", "a.x.mp3"] and ids[-1] == "blues.1"
    assert all(
        len(i.encode()) <= 255 for i in clip_ids.ids([Path("a", "ü" * 250 + ".wav"), Path("a", "ü" * 249 + "v.wav")])
    )


def test_gtzan_in_any_nesting_with_artists_and_no_second_file_of_a_clip(tmp_path):
    for path in (
        "genres/blues/blues.00000.au",
        "wav/blues/blues.00000.wav",
        "loose/metal.00058.wav",
        "rock/my own.wav",
    ):
        sound(tmp_path / path)
    clips = {c.path.relative_to(tmp_path).as_posix(): c for c in listed("gtzan", tmp_path)}
    assert clips["genres/blues/blues.00000.au"].id == "blues.00000"
    assert clips["genres/blues/blues.00000.au"].group == "John Lee Hooker"
    assert clips["wav/blues/blues.00000.wav"].fault.startswith("second file")
    assert clips["loose/metal.00058.wav"].label == "metal" and clips["rock/my own.wav"].fault.startswith("unknown name")


def test_gtzan_facts_are_complete():
    facts = gtzan_csv.facts()
    parts = [fact["fault_filtered"] for fact in facts.values()]
    assert len(facts) == 1000
    assert [parts.count(p) for p in ("train", "valid", "test")] == [443, 197, 290]
    assert {fact["artist_fold"] for fact in facts.values()} - {""} == {"1", "2", "3"}


@pytest.mark.parametrize("root", ["kaggle"], indirect=True)
def test_kaggle_test_clips_have_no_label_and_do_not_share_a_name_with_a_training_clip(root):
    clips = {c.path.relative_to(root[1]).as_posix(): c for c in listed(*root)}
    assert clips["test/x.wav"].label is None and clips["train/rock/x.wav"].label == "rock"


@pytest.mark.parametrize("root", ["nsynth"], indirect=True)
def test_nsynth_target_group_and_split(root):
    clips = listed(*root)
    assert [(c.label, c.group, c.split) for c in clips] == [
        ("bass", "bass_acoustic_000", "train"),
        ("reed", "reed_acoustic_001", "test"),
    ]
    assert [c.second_label for c in clips] == ["acoustic", "acoustic"]
    by_source = listed(*root, target="instrument_source")
    assert {c.label for c in by_source} == {"acoustic"} and [c.second_label for c in by_source] == ["bass", "reed"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("nsynth", "instrument_family or instrument_source"),
        ("fma", "small or medium"),
        ("folders", "null, as name is 'folders', which has one label per clip"),
    ],
)
@pytest.mark.parametrize("target", ["pitch", ""])
def test_a_target_that_the_data_set_does_not_have_is_refused_before_there_are_data(name, target, expected):
    (problem,) = params.parse("dataset", {"name": name, "root": "x", "target": target}, Params)[1]
    assert problem == f"dataset: target is {target!r}; expected {expected}"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "line 1 "),
        ("[]", "got a list"),
        ('{"a": ' + json.dumps(note()) + ',\n "b" {}}', "line 2 "),
        ('{"a": {"instrument_family_str": "bass"}}', "'a' to have the texts instrument_family_str and instrument_str"),
        ('{"a": 1}', "'a' to have the texts"),
        ('{"../../etc/passwd": {}}', "the name of a note"),
        ('{"a": ' + json.dumps(note()) + ',\n"a": {}}', "'a' is there a second time"),
        ('{"a": ' + json.dumps(note()) + "}\n{", "line 2 "),
        ('{"a":\n' + "[" * 100_000, "recursion"),
        ('{"a": ' + "9" * 5000 + "}", "5000 digits"),
        ('{"\\ud800": {}}', "the name of a note"),
    ],
)
def test_malformed_examples_name_the_file_and_what_is_wrong(tmp_path, text, says):
    (tmp_path / "nsynth-train").mkdir()
    (tmp_path / "nsynth-train" / "examples.json").write_text(text)
    with pytest.raises(errors.UserError, match=rf"examples\.json: expected .*{says}"):
        listed("nsynth", tmp_path)


def test_fma_has_artists_parts_and_known_faults(tmp_path):
    known_collections.fma(tmp_path)
    clips = {clip.path.stem: clip for clip in listed("fma", tmp_path)}
    assert clips["098565"].fault == "known fault: FMA's authors list it as cut short" and "155320" not in clips
    one, two = clips["000002"], clips["000003"]
    assert (one.label, one.group, one.split, one.fault) == ("Folk", "artist 10", "train", None)
    assert two.group == one.group and {clip.split for clip in clips.values()} == {"train", "valid", "test"}
    (tmp_path / "fma_metadata" / "tracks.csv").write_text("track_id,genre\n2,Folk\n")
    with pytest.raises(errors.UserError, match=r"expected FMA's tracks\.csv"):
        listed("fma", tmp_path)


def test_excerpts_of_irmas_are_grouped_by_recording(tmp_path):
    known_collections.irmas(tmp_path)
    groups = {clip.path.name: clip.group for clip in listed("irmas", tmp_path)}
    assert groups["[cel][cla]0003__1.wav"] == groups["[cel][cla]0003__3.wav"] == "recording 0003"
    assert groups["005__[cel][dru][cla]0006__1.wav"] == "recording 0006"
