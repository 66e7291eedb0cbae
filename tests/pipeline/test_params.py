"""params.yaml is read strictly and told about plainly; outputs are whole or absent; two workers change nothing."""

import errno
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import psutil
import pytest
from pydantic import Field
from threadpoolctl import threadpool_info

from dalsegno.pipeline import files, params, runtime
from dalsegno.pipeline.cluster import ending
from dalsegno.pipeline.errors import UserError
from dalsegno.pipeline.params import section
from dalsegno.pipeline.runtime import Runtime
from dalsegno.training import train


@section
class Inner:
    epochs: Annotated[int, Field(ge=1)] = 5
    lr: float = 1e-3


@section
class Outer:
    """What a stage's own section looks like: numbers, names, a nested section, one chosen by name, a dictionary."""

    n_mels: Annotated[int, Field(gt=0)] = 64
    share: float | None = None
    flag: bool = False
    kind: Literal["mean", "std"] = "mean"
    names: list[str] = ()
    arch: str = "mlp"
    model: Annotated[Any, params.chosen("dalsegno.models", by="arch")] = None
    train: Inner = Inner()
    several: dict[str, Inner] = None


@section
class Several:
    """Values that are a number or a word."""

    size: Annotated[int, Field(ge=8)] | Literal["as_is"] | None = None
    blocks: Annotated[tuple[Annotated[int, Field(ge=0)] | Literal["last"], ...], Field(min_length=1)] | None = None


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Write text to params.yaml in an empty working directory."""
    monkeypatch.chdir(tmp_path)
    return lambda text: Path("params.yaml").write_text(text)


def told(raw, cls=Outer):
    """The problems of a section, as {path: what}."""
    return dict(p.split(": ", 1) for p in params.parse("outer", raw, cls)[1])


@pytest.mark.parametrize("written", ["1e-3", "1E-3", "1.0e-3", "0.001", "+1e-3"])
def test_a_float_without_a_dot_is_a_number(here, written):
    """PyYAML (YAML 1.1) reads 1e-3 as text, DVC (1.2) as a number; so must we."""
    here(f"outer: {{share: {written}}}")
    assert params.load(outer=Outer).share == 0.001


def test_exponents_inside_words_stay_words(here):
    here("outer: {names: [e3, 1e, 1e3x, a1e3]}")
    assert params.load(outer=Outer).names == ["e3", "1e", "1e3x", "a1e3"]


def test_whole_numbers_stay_whole_and_serve_as_floats(here):
    here("outer: {n_mels: 12, share: 2}")
    p = params.load(outer=Outer)
    assert p.n_mels == 12 and type(p.n_mels) is int and p.share == 2.0 and type(p.share) is float


@pytest.mark.parametrize(
    ("key", "value"),
    [("n_mels", "64"), ("n_mels", True), ("n_mels", 64.0), ("n_mels", 1e3), ("n_mels", None), ("share", "0.5"),
     ("share", True), ("flag", 1), ("flag", "yes"), ("kind", 3), ("names", "mean"), ("names", [1]), ("train", 3)],
)  # fmt: skip
def test_a_value_of_another_type_is_refused(key, value):
    problems = told({key: value})
    ((where, what),) = problems.items()
    assert where.startswith(f"outer.{key}") and "got " in what


def test_a_value_out_of_range_is_refused_with_the_bound():
    assert told({"n_mels": 0})["outer.n_mels"] == "should be greater than 0, got 0"
    assert "'mean' or 'std'" in told({"kind": "sum"})["outer.kind"]


@pytest.mark.parametrize(
    ("raw", "problems"),
    [
        ({"size": 3}, ["x.size: should be greater than or equal to 8, or 'as_is', got 3"]),
        ({"size": "large"}, ["x.size: should be a valid integer, or 'as_is', got \"large\""]),
        ({"blocks": [1, "last", -1]}, ["x.blocks.2: should be greater than or equal to 0, or 'last', got -1"]),
        ({"blocks": []}, ["x.blocks: should have at least 1 item, got []"]),
        ({"blocks": [None]}, ["x.blocks.0: should be a valid integer, or 'last', got null"]),
    ],
)
def test_a_value_that_may_be_of_several_types_has_one_reason_at_its_path(raw, problems):
    assert params.parse("x", raw, Several)[1] == problems


def test_a_batch_size_of_1e3_is_refused(here):
    here("train: {batch_size: 1e3}")
    with pytest.raises(UserError, match=r"train\.batch_size: .*integer.*got 1000\.0"):
        params.load(train=train.Params)


def test_a_list_is_a_tuple_where_one_is_asked_for():
    assert params.parse("train", {"seeds": [3, 1]}, train.Params)[0].seeds == (3, 1)
    assert params.parse("train", {"seeds": [1.5]}, train.Params)[1]
    assert params.parse("train", {"seeds": 3}, train.Params)[1] == ["train.seeds: should be a valid list, got 3"]


@pytest.mark.parametrize(
    ("raw", "where", "near"),
    [
        ({"n_mel": 3}, "outer.n_mel", "n_mels"),
        ({"train": {"epoch": 3}}, "outer.train.epoch", "epochs"),
        ({"several": {"a": {"epochss": 3}}}, "outer.several.a.epochss", "epochs"),
        ({"model": {"width": [8]}}, "outer.model.width", "widths"),
    ],
)
def test_an_unknown_parameter_is_named_with_the_nearest(raw, where, near):
    assert told(raw) == {where: f"there is no such parameter (did you mean {near!r}?)"}


def test_an_unknown_parameter_like_no_other_gets_no_guess():
    assert told({"qqqqqq": 3}) == {"outer.qqqqqq": "there is no such parameter"}


def test_a_chosen_section_is_that_components_own():
    p, problems = params.parse("outer", {"arch": "mlp", "model": {"widths": [8, 4], "activation": "gelu"}}, Outer)
    assert not problems
    assert type(p.model).__module__ == "dalsegno.models.mlp" and p.model.widths == (8, 4)
    other = params.parse("outer", {"arch": "conv", "model": {"channels": [4]}}, Outer)[0]
    assert type(other.model).__module__ == "dalsegno.models.conv"


def test_an_empty_chosen_section_means_the_defaults():
    assert params.parse("outer", {"arch": "mlp", "model": {}}, Outer)[0].model.widths == (256, 128)


def test_the_problems_of_a_chosen_section_are_all_told():
    problems = told({"arch": "mlp", "model": {"widths": [8, 0], "dropout": 2, "colour": 1}})
    assert set(problems) == {"outer.model.widths.1", "outer.model.dropout", "outer.model.colour"}


def test_an_unknown_component_is_named_with_the_nearest():
    (what,) = told({"arch": "resnett", "model": {}}).values()
    assert "did you mean 'resnet'?" in what and "there are: " in what


def test_several_problems_come_in_one_message(here):
    here("one: {n_mels: 0, n_fft: 3, train: {epochs: 1e3, lr: fast}}\ntwo: {epochs: 0}")
    with pytest.raises(UserError) as caught:
        params.load(one=Outer, two=Inner)
    first, *lines = str(caught.value).splitlines()
    assert first == "params.yaml: 5 problems, nothing was run:"
    paths = {line.strip().split(":")[0] for line in lines}
    assert paths == {"one.n_mels", "one.n_fft", "one.train.epochs", "one.train.lr", "two.epochs"}


def test_missing_sections_entries_and_files_are_told(here):
    with pytest.raises(UserError, match="no such file in"):
        params.load(outer=Outer)
    here("cnn: {resnet: {}}")
    with pytest.raises(UserError, match="outer: this section is missing"):
        params.load(outer=Outer)
    with pytest.raises(UserError, match=r"cnn\.resnt: there is no such entry \(did you mean 'resnet'"):
        params.variant("resnt", cnn=Outer)
    here("cnn: [")
    with pytest.raises(UserError, match="not valid YAML"):
        params.document()
    here("- 1")
    with pytest.raises(UserError, match="expected sections"):
        params.document()


def test_variants_of_a_family_left_out(here):
    here("cnn: {}\nmlp:\ntransfer: {b: {}, a: {}}")
    assert params.names("cnn", "mlp", "transfer", "classical") == ([], [], ["b", "a"], [])


def test_sections_cannot_be_changed():
    with pytest.raises(AttributeError):
        Inner().epochs = 3
    with pytest.raises(TypeError):
        Inner(3)


def test_every_section_of_the_repository_is_read_by_some_stage():
    """A section that nothing loads would be a parameter that does nothing."""
    scripts = "".join(p.read_text() for p in Path("stages").glob("*.py"))
    unread = [s for s in params.document() if f"{s}=" not in scripts and f'"{s}"' not in scripts]
    assert not unread


def test_a_mistake_ends_a_script_with_code_1_and_no_traceback(tmp_path):
    script = tmp_path / "stage.py"
    script.write_text(
        "from dalsegno.pipeline import errors, stage\n\ndef main(what):\n"
        "    raise errors.UserError(f'{what} is wrong') if what == 'this' else KeyError(what)\n\nstage.run(main)\n"
    )
    mine, ours = (subprocess.run([sys.executable, script, w], capture_output=True, text=True) for w in ("this", "that"))
    assert (mine.returncode, mine.stderr.strip()) == (1, "stage: this is wrong")
    assert ours.returncode == 1 and "Traceback" in ours.stderr  # a fault of ours is not hidden


def test_a_stage_that_used_pytorch_ends_in_order_without_pages_of_what_triton_leaked(tmp_path):
    script = tmp_path / "stage.py"
    script.write_text(
        "import atexit, errno, sys\nimport torch.utils.flop_counter\nfrom dalsegno.pipeline import errors, stage\n\n"
        "def main(what):\n    atexit.register(print, 'registered')\n    if what == 'wrong':\n"
        "        raise errors.UserError('it is wrong')\n    if what == 'stopped':\n        raise KeyboardInterrupt\n    if what == 'full':\n"
        "        raise OSError(errno.ENOSPC, 'No space left on device')\n    if what == 'large':\n"
        "        raise torch.OutOfMemoryError('CUDA out of memory.')\n\nstage.run(main)\n"
    )
    told = {"right": (0, ""), "wrong": (1, "\nstage: it is wrong\n"), "stopped": (130, f"\nstage: {ending.STOPPED}\n")}
    full = "a file: No space left on device; nothing half-written stays. Make room, then `dvc repro` goes on with this stage"
    large = (
        "CUDA out of memory.\nThe GPU does not have enough memory: end what else uses it, or set runtime.device to cpu"
    )
    told |= {"full": (1, f"\nstage: {full}\n"), "large": (1, f"\nstage: {large}\n")}
    for what, (code, message) in told.items():
        ended = subprocess.run([sys.executable, script, what], capture_output=True, text=True)
        assert (ended.returncode, ended.stdout, ended.stderr) == (code, "registered\n", message)
    closed = subprocess.run(f"'{sys.executable}' '{script}' right >&-", shell=True, capture_output=True, text=True)
    assert (closed.returncode, closed.stderr) == (0, "")


# Files


def listed(folder):
    return sorted(p.name for p in folder.iterdir())


def test_a_file_replaces_the_old_one_on_success(tmp_path):
    path = tmp_path / "deep/er/file.txt"
    for text in ("one", "two"):
        files.write_text(path, text)
        assert path.read_text() == text and listed(path.parent) == ["file.txt"]


def test_what_cannot_be_written_is_named_as_the_user_knows_it(tmp_path):
    out, reason = tmp_path / "out.csv", "Read-only file system"
    with pytest.raises(OSError, match=re.escape(f"{reason}: {str(out)!r}")), files.atomic(out) as draft:
        raise OSError(errno.EROFS, reason, str(draft))


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
@pytest.mark.parametrize("folder", [False, True])
def test_nothing_is_left_after_an_error(tmp_path, error, folder):
    with pytest.raises(error), files.atomic(tmp_path / "out") as draft:
        if folder:
            draft.mkdir()
            (draft / "half").write_text("half")
        else:
            draft.write_text("half")
        raise error
    assert listed(tmp_path) == []


def test_the_old_output_survives_an_error(tmp_path):
    files.write_text(tmp_path / "out", "old")
    with pytest.raises(OSError), files.atomic(tmp_path / "out") as draft:
        draft.write_text("half")
        raise OSError
    assert (tmp_path / "out").read_text() == "old" and listed(tmp_path) == ["out"]


def test_a_folder_replaces_a_folder_with_all_that_was_in_it(tmp_path):
    for name in ("one", "two"):
        with files.atomic(tmp_path / "out") as draft:
            draft.mkdir()
            (draft / name).write_text(name)
    assert listed(tmp_path / "out") == ["two"] and listed(tmp_path) == ["out"]


def test_a_draft_lies_beside_its_output_where_dvc_does_not_look(tmp_path):
    with files.atomic(tmp_path / "out") as draft:
        draft.touch()
        assert draft.parent == tmp_path and draft.match(".*.part")
    assert ".*.part" in Path(".dvcignore").read_text().splitlines()


KILLED = """
import os, sys, time
from pathlib import Path
from dalsegno.pipeline import files
with files.atomic(sys.argv[1]) as draft:
    draft.mkdir()
    Path(draft, "half").touch()
    print("ready", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def stage_process():
    """Start a process that is in the middle of writing the folder it is given."""
    processes = []

    def start(path):
        process = subprocess.Popen([sys.executable, "-c", KILLED, path], stdout=subprocess.PIPE, text=True)
        processes.append(process)
        assert process.stdout.readline() == "ready\n"
        return process

    yield start
    for process in processes:
        process.kill()
        process.wait()


def test_what_a_killed_run_left_is_removed_by_the_next(tmp_path, stage_process):
    process = stage_process(tmp_path / "out")
    process.kill()
    process.wait()
    assert len(listed(tmp_path)) == 1
    with files.atomic(tmp_path / "out") as draft:
        draft.touch()
    assert listed(tmp_path) == ["out"]


def test_what_a_killed_run_left_is_removed_where_nobody_waited_for_the_process(tmp_path, stage_process):
    """As in a container whose first process does not."""
    process = stage_process(tmp_path / "out")
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    files.write_text(tmp_path / "out", "text")
    assert listed(tmp_path) == ["out"]


def test_what_a_process_may_be_writing_that_one_may_not_ask_about_is_left(tmp_path, monkeypatch):
    def process(pid):
        raise psutil.AccessDenied(pid)

    (tmp_path / ".out.00000001a1b2c3d4.part").mkdir()
    monkeypatch.setattr(psutil, "Process", process)
    files.write_text(tmp_path / "out", "text")
    assert listed(tmp_path) == [".out.00000001a1b2c3d4.part", "out"]


def test_a_run_that_has_the_number_of_a_killed_one_removes_what_that_left(tmp_path):
    """In a container a stage often has the same process number as the time before."""
    (tmp_path / f".out.{os.getpid():08x}1a2b3c4d.part").mkdir()
    with files.scratch(tmp_path / "out") as spill, files.atomic(tmp_path / "out") as draft:
        spill.touch()
        draft.touch()
        assert sorted(listed(tmp_path)) == sorted([spill.name, draft.name])
    assert listed(tmp_path) == ["out"]


def test_a_draft_of_a_draft_that_a_killed_process_left_goes_as_well(tmp_path):
    """`transfer` makes its output, in which training makes its own, both as drafts beside one another."""
    with files.atomic(tmp_path / "out") as draft, files.atomic(draft) as inner:
        inner.mkdir()
        [name] = listed(tmp_path)
    (tmp_path / name).mkdir()
    with files.atomic(tmp_path / "out") as draft:
        draft.mkdir()
    assert name.startswith("..out.") and listed(tmp_path) == ["out"]


def test_no_stage_writes_temporary_files_that_the_next_run_does_not_remove():
    used = [
        path for path in (*Path("src").rglob("*.py"), *Path("stages").glob("*.py")) if "tempfile" in path.read_text()
    ]
    of_stages = {path.name for path in used if not {"cli", "inference"} & set(path.parts)}
    assert of_stages == {"numba_cache.py"}  # where no other place is left


def test_what_another_run_is_writing_stays(tmp_path, stage_process):
    stage_process(tmp_path / "out")
    with files.atomic(tmp_path / "out") as draft:
        draft.touch()
    assert len(listed(tmp_path)) == 2 and (next(tmp_path.glob(".out.*.part")) / "half").exists()


@pytest.mark.parametrize("other", [".out2.00000001.part", ".out.csv.00000001.part", ".out.parts", "out.00000001.part"])
def test_what_is_no_draft_of_the_same_output_stays(tmp_path, other):
    (tmp_path / other).touch()
    files.write_text(tmp_path / "out", "text")
    assert set(listed(tmp_path)) == {"out", other}


def test_leftovers_are_nothing_to_git():
    assert ".*.part" in Path(".gitignore").read_text().splitlines()


# Runtime


def process_and_square(n):
    return os.getpid(), n * n


def blas_threads(_):
    np.ones((4, 4)) @ np.ones((4, 4))
    return max(pool["num_threads"] for pool in threadpool_info())


def mapped(function, n, workers):
    return list(runtime.map(function, range(n), n, Runtime(workers=workers), desc="test"))


def test_workers_change_neither_results_nor_their_order():
    one, two = ([square for _, square in mapped(process_and_square, 40, workers)] for workers in (1, 2))
    assert one == two == [n * n for n in range(40)]


def test_two_workers_are_other_processes():
    """What makes the test above one of two workers at all."""
    ours = Counter(pid == os.getpid() for pid, _ in mapped(process_and_square, 40, 2))
    assert ours == {False: 40}


@pytest.mark.parametrize("workers", [1, 2])
def test_each_worker_has_one_blas_thread(workers):
    assert set(mapped(blas_threads, 10, workers)) == {1}


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_in_a_worker_reaches_the_caller(workers):
    with pytest.raises(ZeroDivisionError):
        mapped(lambda n: 1 // (n - 7), 20, workers)


def test_few_items_start_no_process():
    assert {pid for pid, _ in mapped(process_and_square, 4, 2)} == {os.getpid()}


@pytest.mark.parametrize("raw", [{"workers": 0}, {"workers": 2.0}, {"device": "gpu"}, {"worker": 1}])
def test_runtime_is_as_strict_as_the_rest(raw):
    assert params.parse("runtime", raw, Runtime)[1]
