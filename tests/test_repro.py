"""DVC reruns what an edit affects and nothing else: proved on a small corpus in a temporary copy of the repository.

Two kinds of proof. REAL: `dvc repro` runs, and what it prints is the set of stages that ran; this also sees where a
rerun stage wrote the same bytes and all below it was spared. DRY: `dvc repro --dry --force-downstream`, which is DVC's own
list of the stages that an edit changes and of everything below those, as if every output came out different: the most that
can rerun. One real first run, shared by all tests, takes about a minute on two cores; the real edits are those that tell
most, the dry ones cover every section of params.yaml. The first run starts each stage as a user's does; in what follows it,
`python` and `dvc` are forks of one process (support/warm.py), which spares the imports of some sixty stages.
"""

import csv
import functools
import io
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import librosa
import pytest
import yaml
from dvc.repo import Repo
from support import warm

from dalsegno.pipeline import params

pytestmark = pytest.mark.filterwarnings("ignore:_NoneStep:DeprecationWarning")  # of a package that DVC uses

HERE = Path(__file__).parents[1]
CLASSICAL = {"classical@majority", "classical@logistic"}
CNN = {"cnn@conv"}
TRANSFER = {"transfer@frozen", "transfer@finetuned"}  # of our own backbone
MODELS = CLASSICAL | {"mlp@small", "transfer@songs"} | CNN | TRANSFER
SCORES = {"compare", "report", "paper"}
END = SCORES | {"submissions", "listen"}
BACKBONE = {"pretrain@notes", "embeddings@notes"} | TRANSFER | END
SONGS = {"embeddings@songs", "transfer@songs"} | END
STORES = {"spectrograms@logmel", "spectrograms@musicnn"}
OF_CLIPS = {"features", "splits", "embeddings@notes", "embeddings@songs", "protocols"} | STORES
LIBROSA = {"features", "pretrain@notes", "listen"} | STORES
OF_CORPUS = {"corpus@styles", "corpus@notes", "clips", "pretrain@notes"} | OF_CLIPS | MODELS | END
ALL = OF_CORPUS | {"packaged@msd_musicnn"}


class Clone:
    """A copy of the repository as it lies here, with a small corpus, a Git history and a DVC cache of its own."""

    def __init__(self, root):
        self.root = root
        keep = {k: v for k, v in os.environ.items() if not k.startswith(("DVC", "GIT"))}
        self.env = keep | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(root / "src"),
            "OMP_NUM_THREADS": "1",
            "DVC_SITE_CACHE_DIR": str(root.parent / f"{root.name}_site"),
        }
        listed = subprocess.run(
            ["git", "ls-files", "-coz", "--exclude-standard"], cwd=HERE, capture_output=True, text=True
        )
        for name in listed.stdout.split("\0"):
            made = name == "dvc.lock" or (
                name.startswith("metrics/") and name != "metrics/kaggle.csv"
            )  # by runs, not by people
            if (HERE / name).is_file() and not made:
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(HERE / name, root / name)
        self.set(shrink)
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("config", "user.name", "Test")
        self.git("config", "user.email", "test@example.org")
        self.commit("start")

    def start_from(self, programs):
        """From now on, `python` and `dvc` are those in this folder."""
        self.env["PATH"] = f"{programs}{os.pathsep}{self.env['PATH']}"

    def call(self, *words):
        return subprocess.run(words, cwd=self.root, env=self.env, capture_output=True, text=True)

    def git(self, *words):
        done = self.call("git", *words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def commit(self, message):
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)

    def dvc(self, *words):
        done = self.call("dvc", *words)
        assert done.returncode == 0, f"dvc {' '.join(words)}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done.stdout

    def repro(self, *words):
        """The stages that `dvc repro` ran."""
        return ran(self.dvc("repro", *words))

    def set(self, change):
        """Apply `change` to params.yaml as plain data."""
        path = self.root / "params.yaml"
        doc = params.document(path)
        change(doc)
        path.write_text(yaml.safe_dump(doc, sort_keys=False))

    def restore(self):
        """Everything as after the first run, from Git and from DVC's cache."""
        self.git("checkout", "--quiet", "--force", "main")
        self.git("clean", "--quiet", "-d", "--force")
        self.dvc("checkout", "--quiet")


def ran(output):
    return set(re.findall(r"^Running stage '([^']+)'", output, re.M))


def shrink(doc):
    doc["runtime"] |= {"workers": 1, "device": "cpu"}
    doc["corpus"]["styles"] |= {"styles": 3, "artists": 4, "clips_per_artist": 2, "duration_s": 2.0, "unlabelled": 2}
    doc["corpus"]["notes"] |= {"instruments": 3, "notes": 2, "note_s": 1.0}
    doc["features"]["use"] = ["mfcc", "centroid", "rms"]
    doc["splits"]["folds"] = 2
    doc["classical"] = {
        "majority": {"estimator": "majority"},
        "logistic": {"estimator": "logistic", "grid": [{"C": 0.1}]},
    }
    for entry in [*(e for f in ("mlp", "cnn", "pretrain", "transfer") for e in doc[f].values())]:
        entry["train"]["epochs"] = 1
        if entry.get("view"):
            entry["view"] = {"crop_s": 1.0, "normalise": entry["view"]["normalise"]}
    doc["ensembles"] = {}
    doc["paper"]["why"] = {}  # reasons for models that are not here
    doc["compare"]["resamples"] = 200
    doc["protocols"]["splits"] = {
        "shuffled segments": {"protocol": "shuffled_segments"},
        "holdout": {"protocol": "holdout"},
    }


def put(path, value):
    """A change that sets the parameter at the dotted `path`."""

    def change(doc):
        *sections, last = path.split(".")
        owner = functools.reduce(lambda d, k: d[k], sections, doc)
        assert owner.get(last) != value
        owner[last] = value

    return change


def comment(name):
    """An edit that adds a comment to a file of the package."""

    def edit(clone):
        path = clone.root / "src/dalsegno" / name
        text = "\n/* more */\n" if path.suffix == ".css" else "\n# more\n"
        path.write_text(path.read_text() + text)

    return edit


def new(name, like):
    """An edit that adds a file to the package."""
    return lambda clone: shutil.copy(clone.root / "src/dalsegno" / like, clone.root / "src/dalsegno" / name)


def version(package):
    """An edit of the version that versions.yaml has of a package."""

    def edit(clone):
        path = clone.root / "versions.yaml"
        text = re.sub(rf'^{package}: ".*"', f'{package}: "9.9"', path.read_text(), flags=re.M)
        assert text != path.read_text()
        path.write_text(text)

    return edit


def new_metric(clone):
    path = clone.root / "src/dalsegno/scoring/metrics.py"
    path.write_text(
        path.read_text() + '\n\n@metric("share of clips")\ndef certainty(labels, p):\n'
        '    """Mean probability of the class called."""\n    return p.max(1)\n'
    )


@pytest.fixture(scope="session")
def programs(tmp_path_factory):
    """A folder with `python` and `dvc` that start at once."""
    folder = tmp_path_factory.mktemp("bin")
    with warm.programs(folder):
        yield folder


@pytest.fixture(scope="session")
def first(tmp_path_factory, programs):
    """The copy after its first run, committed, and the stages that ran."""
    clone = Clone(tmp_path_factory.mktemp("repro") / "repository")
    stages = clone.repro()
    clone.commit("first run")
    clone.start_from(programs)
    return clone, stages


@pytest.fixture
def clone(first):
    """The copy as after its first run; edits are undone at the end."""
    clone, _ = first
    yield clone
    clone.restore()


# The first run, and a second one


def test_the_first_run_runs_every_stage_and_writes_the_report(first):
    clone, stages = first
    assert stages == ALL
    assert "synthetic" in (clone.root / "reports/report.html").read_text()
    compared = json.loads((clone.root / "metrics/compare.json").read_text())["models"]
    assert set(compared) == {m.replace("@", "/") for m in MODELS} | {"transfer/finetuned-scratch"}
    assert clone.git("status", "--porcelain") == ""


def test_the_second_run_runs_nothing(first):
    clone, _ = first
    output = clone.dvc("repro")
    assert ran(output) == set() and "Data and pipelines are up to date." in output


# REAL: what runs after an edit


def test_what_changes_no_result_reruns_nothing(clone):
    """`runtime`, a new architecture, a new data set, a new page of documentation, all at once."""
    clone.set(put("runtime.workers", 2))
    new("models/mine.py", like="models/conv.py")(clone)
    new("datasets/mine.py", like="datasets/folders.py")(clone)
    (clone.root / "docs/more.md").write_text("more")
    assert clone.repro() == set()


def test_a_comment_in_one_architecture_reruns_its_models(clone):
    comment("models/conv.py")(clone)
    assert clone.repro() == {"cnn@conv"} | END


def test_a_stage_that_writes_the_same_bytes_spares_all_below_it(clone):
    """The spectrograms and the backbone come out as they were, and no model is trained; only what they cost differs."""
    comment("spectrograms/logmel.py")(clone)
    assert clone.repro() == {"spectrograms@logmel", "pretrain@notes"} | SCORES


def test_another_version_of_a_package_reruns_what_imports_it_and_nothing_else(clone):
    """What is installed is the same, so the bytes are as well and all models are spared; what differs is said."""
    version("librosa")(clone)
    output = clone.dvc("repro")
    assert ran(output) == LIBROSA | SCORES
    said = f"installed at another version than versions.yaml has: librosa {librosa.__version__} in place of 9.9"
    assert output.count(said) == len(LIBROSA)


def test_the_seed_of_the_intervals_reruns_the_comparison(clone):
    clone.set(put("compare.seed", 1))
    assert clone.repro() == SCORES


def test_another_split_computes_no_audio_again(clone):
    clone.set(put("splits.seed", 1))
    assert clone.repro() == {"splits"} | MODELS | END


def test_a_family_is_left_out_by_an_empty_dictionary(clone):
    clone.git("checkout", "--quiet", "-b", "without")
    clone.set(put("cnn", {}))
    assert clone.repro() == END
    compared = json.loads((clone.root / "metrics/compare.json").read_text())["models"]
    assert compared and not any(name.startswith("cnn/") for name in compared)
    # what it has left is gone too: with it, `runs` would differ from that of whoever clones this and pulls
    assert not (clone.root / "runs/cnn/conv").exists() and clone.repro() == set()
    # and its metrics, which `dvc checkout` would otherwise remove on the branch to which somebody switches next
    assert not (clone.root / "metrics/cnn/conv/metrics.json").exists()
    clone.commit("no network")
    clone.dvc("checkout", "--quiet")
    assert clone.git("status", "--porcelain") == ""


def test_the_model_of_a_branch_does_not_stay_on_another_one_if_nobody_calls_dvc_checkout(clone):
    clone.git("checkout", "--quiet", "-b", "two")
    clone.set(lambda doc: doc["mlp"].update(second=doc["mlp"]["small"]))
    assert clone.repro("compare") == {"mlp@second", "compare"}
    clone.commit("a second model")
    clone.git("checkout", "--quiet", "main")
    assert clone.repro("compare") == {"compare"} and not (clone.root / "runs/mlp/second").exists()
    assert clone.git("status", "--porcelain") == ""  # dvc.lock too is as in a clone of main


def test_one_model_on_a_branch_is_all_that_metrics_diff_shows(clone):
    clone.git("checkout", "--quiet", "-b", "faster")
    clone.set(put("cnn.conv.train.lr", 0.05))
    assert clone.repro() == {"cnn@conv"} | END
    clone.commit("a faster learning rate")
    found = json.loads(clone.dvc("metrics", "diff", "--json", "main", "faster"))
    files = {file for file, changed in found.items() if changed}
    assert files == {"metrics/cnn/conv/metrics.json", "metrics/compare.json"}
    compared = {k for k in found["metrics/compare.json"] if k.startswith("models.")}
    assert compared and all(k.startswith("models.cnn/conv.") for k in compared)
    assert any(k.endswith(".accuracy") or k.endswith(".log_loss") for k in compared)
    changed = json.loads(clone.dvc("params", "diff", "--json", "main", "faster"))
    assert list(changed["params.yaml"]) == ["cnn.conv.train.lr"]
    clone.git("checkout", "--quiet", "main")
    clone.dvc("checkout", "--quiet")
    assert clone.repro() == set()  # back on main, all is there


def test_an_experiment_reruns_its_model_and_is_listed_with_its_figures(clone):
    output = clone.dvc("exp", "run", "--name", "quick", "--set-param", "mlp.small.train.lr=0.05")
    assert ran(output) == {"mlp@small"} | END
    assert "quick" in clone.dvc("exp", "list", "--name-only").split()
    rows = {
        row["Experiment"] or row["rev"]: row for row in csv.DictReader(io.StringIO(clone.dvc("exp", "show", "--csv")))
    }
    assert {"main", "quick"} <= set(rows)
    learning_rate = next(c for c in rows["quick"] if c.endswith("mlp.small.train.lr"))
    assert (float(rows["main"][learning_rate]), float(rows["quick"][learning_rate])) == (0.001, 0.05)
    changed = {c for c in rows["quick"] if rows["quick"][c] != rows["main"][c] and "models." in c}
    assert changed and all("models.mlp/small." in c for c in changed)


def test_the_same_model_twice_is_the_same_bytes(clone):
    files = [clone.root / "runs/cnn/conv" / name for name in ("model.pt", "predictions.parquet")]
    before = [file.read_bytes() for file in files]
    assert clone.repro("--force", "--single-item", "cnn@conv") == {"cnn@conv"}
    assert [file.read_bytes() for file in files] == before


# DRY: what an edit may rerun at most

EDITS = {
    "corpus.styles": (put("corpus.styles.seed", 2), OF_CORPUS - {"corpus@notes", "pretrain@notes"}),
    "corpus.notes": (put("corpus.notes.seed", 2), {"corpus@notes"} | BACKBONE),
    "dataset": (put("dataset.min_duration_s", 0.4), {"clips"} | OF_CLIPS | MODELS | END),
    "features": (put("features.n_mfcc", 12), {"features", "mlp@small"} | CLASSICAL | END),
    "spectrograms.logmel": (
        put("spectrograms.logmel.options.n_mels", 32),
        {"spectrograms@logmel", "cnn@conv", "protocols"} | BACKBONE,
    ),
    "splits": (put("splits.seed", 1), {"splits"} | MODELS | END),
    "classical.logistic": (put("classical.logistic.grid", [{"C": 2.0}]), {"classical@logistic"} | END),
    "mlp.small": (put("mlp.small.model.widths", [16]), {"mlp@small"} | END),
    "cnn.conv": (put("cnn.conv.train.lr", 0.5), CNN | END),
    "pretrain": (put("pretrain.notes.train.lr", 0.5), BACKBONE),
    "packaged": (put("packaged.msd_musicnn.checkpoint", "MTT_musicnn"), {"packaged@msd_musicnn"} | SONGS),
    "embeddings.notes": (put("embeddings.notes.view.crop_s", 0.9), {"embeddings@notes", "transfer@frozen"} | END),
    "transfer.finetuned": (put("transfer.finetuned.body_lr", 0.9), {"transfer@finetuned"} | END),
    "ensembles": (put("ensembles.two", ["mlp/small", "cnn/conv"]), END),
    "external": (put("external.theirs", {"file": "data/clips.csv"}), {"external@theirs"} | END),
    "compare": (put("compare.confidence", 0.9), {"protocols", "submissions"} | SCORES),
    "search": (put("search.small", {"of": "mlp.small", "input": "features.parquet"}), set()),
    "final": (put("final.small", {"model": "mlp/small"}), set()),
    "protocols": (put("protocols.segments", 4), {"protocols", "report", "paper"}),
    "report": (put("report.audio", False), {"listen", "report", "paper"}),
    "paper": (put("paper.title", "A title"), {"paper"}),
    "reason of a model": (put("paper.why", {"cnn/conv": "It is small."}), {"paper"}),
    "runtime": (put("runtime.workers", 3), set()),
    "comment in an architecture": (comment("models/resnet.py"), BACKBONE),
    "comment in an unused architecture": (comment("models/vgg.py"), set()),
    "comment in a data set": (comment("datasets/folders.py"), {"clips"} | OF_CLIPS | MODELS | END),
    "comment in another data set": (comment("datasets/nsynth.py"), BACKBONE),
    "comment in the trainer": (comment("training/train.py"), {"mlp@small", "transfer@songs"} | CNN | BACKBONE),
    "comment in the corpus": (comment("synth/drums.py"), OF_CORPUS),
    "comment in a figure": (comment("report/plots.py"), {"report", "paper"}),
    "style of the page": (comment("report/page/style.css"), {"report", "paper"}),
    "comment in what is inert": (comment("pipeline/progress.py"), set()),
    "comment in what reads params.yaml": (comment("pipeline/params.py"), ALL),
    "comment in what rounds numbers": (comment("artefacts/learning/json_file.py"), OF_CORPUS),
    "version of librosa": (
        version("librosa"),
        LIBROSA | {"cnn@conv", "mlp@small"} | CLASSICAL | BACKBONE | SONGS | {"protocols"},
    ),
    "version of PyTorch": (
        version("torch"),
        {"mlp@small", "packaged@msd_musicnn", "protocols"} | STORES | CNN | BACKBONE | SONGS,
    ),
    "version of musicnn": (version("musicnn"), {"packaged@msd_musicnn"} | SONGS),
    "new architecture": (new("models/mine.py", like="models/conv.py"), set()),
    "new data set": (new("datasets/mine.py", like="datasets/folders.py"), set()),
    "new metric": (new_metric, {"protocols"} | END),
}


def dry(root):
    """The stages of `dvc repro --dry --force-downstream`, without the start of another process."""
    with Repo(str(root)) as repo:
        return {stage.addressing for stage in repo.reproduce(dry=True, force_downstream=True)}


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_reruns_at_most_what_it_affects(first, monkeypatch, name):
    clone, _ = first
    edit, expected = EDITS[name]
    for key in [k for k in os.environ if k.startswith("DVC")]:
        monkeypatch.delenv(key)
    monkeypatch.setenv("DVC_SITE_CACHE_DIR", clone.env["DVC_SITE_CACHE_DIR"])
    monkeypatch.chdir(clone.root)
    warm.parse_yaml_quickly(monkeypatch.setattr)
    try:
        clone.set(edit) if edit.__qualname__.startswith("put") else edit(clone)
        assert dry(clone.root) == expected
    finally:
        clone.git("checkout", "--quiet", ".")
        clone.git("clean", "--quiet", "-d", "--force")


def test_every_section_is_edited():
    sections = set(params.document(HERE / "params.yaml"))
    assert sections == {name.split(".")[0] for name in EDITS if " " not in name}


# Bad input


@pytest.fixture
def fresh(tmp_path, programs):
    """A copy in which nothing was ever run."""
    clone = Clone(tmp_path / "repository")
    clone.start_from(programs)
    return clone


def contents(clone):
    files = {p.relative_to(clone.root) for p in clone.root.rglob("*") if p.is_file()}
    return {p for p in files if p.parts[0] not in (".git", ".dvc") and "__pycache__" not in p.parts}


def refused(clone, stage):
    """What `dvc repro <stage>` says when it refuses, having written nothing."""
    before = contents(clone)
    done = clone.call("dvc", "repro", stage)
    said = done.stdout + done.stderr
    assert done.returncode != 0 and "Traceback" not in said
    assert contents(clone) == before
    return said


def test_all_mistakes_of_a_section_are_told_at_once_and_nothing_is_written(fresh):
    fresh.set(lambda doc: doc["corpus"]["styles"].update({"seed": -1, "styles": "eight", "duration_s": 0, "artist": 3}))
    said = refused(fresh, "corpus@styles")
    assert "params.yaml: 4 problems, nothing was run" in said and "exited with 1" in said
    for name in ("seed", "styles", "duration_s", "artist"):
        assert said.count(f"corpus.styles.{name}: ") == 1
    assert "did you mean 'artists'?" in said


def test_mistakes_in_a_model_are_told_with_their_paths(clone):
    def spoil(doc):
        doc["cnn"]["conv"]["train"] |= {"batch_size": 1e3, "epoch": 3}
        doc["cnn"]["conv"]["model"] |= {"channel": [3]}

    clone.set(spoil)
    done = clone.call("dvc", "repro", "cnn@conv")
    said = done.stdout + done.stderr
    assert done.returncode != 0 and "exited with 1" in said and "Traceback" not in said
    assert "3 problems" in said and "cnn.conv.train.batch_size: " in said
    assert "cnn.conv.train.epoch: there is no such parameter (did you mean 'epochs'?)" in said
    assert "cnn.conv.model.channel: there is no such parameter (did you mean 'channels'?)" in said
    assert not (clone.root / "runs/cnn/conv").exists()


def test_a_data_set_that_is_not_there_or_empty_is_told(fresh):
    fresh.set(put("dataset.root", "data/nowhere"))
    assert "nowhere" in refused(fresh, "clips")  # DVC's own words, before a stage of ours can speak
    (fresh.root / "data/nowhere").mkdir(parents=True)
    said = refused(fresh, "clips")
    assert "'data/nowhere' is empty" in said and "exited with 1" in said
    assert "<root>/<label>" in said and "`dataset.root` in params.yaml" in said


def test_a_data_set_that_is_not_there_is_told_by_the_stage_itself(fresh):
    fresh.set(put("dataset.root", "nowhere"))
    words = ["clips.csv", "copies.csv", "clips.json", "doctor.html", "examples.json"]
    before = contents(fresh)
    done = fresh.call("python", "stages/clips.py", *words)
    assert done.returncode == 1 and "Traceback" not in done.stderr and contents(fresh) == before
    assert f"'nowhere' (in {fresh.root}) is not there" in done.stderr and "`dataset.root` in params.yaml" in done.stderr
