"""Work on a Ray cluster of two nodes, on this machine: same bytes, and what happens when parts of it die."""

import contextlib
import io
import os
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import ray
from support import cluster_work, small_run
from support.easy_task import stage

from dalsegno.pipeline import params, runtime
from dalsegno.pipeline.cluster import by_ray
from dalsegno.pipeline.errors import UserError
from dalsegno.pipeline.runtime import Runtime

TESTS = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def cluster():
    from ray.cluster_utils import Cluster

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")]))
        started = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
        started.add_node(num_cpus=1)
        yield started
        ray.shutdown()
        started.shutdown()


def mapped(cluster, function, n):
    return list(runtime.map(function, range(n), n, Runtime(backend="ray", address=cluster.address), "test"))


def test_results_come_in_order_from_other_processes_in_the_same_folder(cluster, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    squares, folders, processes = zip(*mapped(cluster, cluster_work.square, 40), strict=True)
    assert squares == tuple(n * n for n in range(40))
    assert set(folders) == {str(tmp_path)} and os.getpid() not in processes


def test_no_more_tasks_run_at_a_time_than_there_are_workers_asked_for(cluster, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    r = Runtime(backend="ray", address=cluster.address)
    assert list(runtime.each(cluster_work.alone, range(6), r, workers=1)) == [None] * 6


def test_what_a_killed_worker_had_is_done_again(cluster, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert mapped(cluster, cluster_work.dies_once, 8) == [n * n for n in range(8)]
    assert Path("died").exists()


def test_an_item_that_kills_every_worker_ends_in_a_plain_error(cluster, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(by_ray, "RETRIES", 1)
    with pytest.raises(UserError, match="gave up on a task after 1 tries"):
        mapped(cluster, cluster_work.dies_always, 1)


def test_an_error_of_a_worker_is_the_users(cluster, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=r"^clip 0 cannot be read$"):
        mapped(cluster, cluster_work.refuses, 2)


def test_a_node_may_leave_while_it_works(cluster, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    leaving = cluster.add_node(num_cpus=1)
    results = runtime.map(cluster_work.slow, range(20), 20, Runtime(backend="ray", address=cluster.address), "test")
    first = [next(results)]
    cluster.remove_node(leaving, allow_graceful=False)
    assert [*first, *results] == [n * n for n in range(20)]


def content(folder):
    """The bytes of every file but those of data/costs, which say how long it took."""
    files = sorted(path for path in Path(folder).rglob("*") if path.is_file() and "costs" not in path.parts)
    return {str(path): path.read_bytes() for path in files}


STAGES = {name: small_run.PARAMS[name] for name in ("dataset", "features", "splits")} | {
    "runtime": {"workers": 2, "device": "cpu"},
    "spectrograms": {"logmel": small_run.PARAMS["spectrograms"]["logmel"]},
    "cnn": {"crops": small_run.PARAMS["cnn"]["crops"]},
    "embeddings": {"ours": small_run.PARAMS["embeddings"]["ours"]},
}


def test_stages_write_the_same_bytes_as_on_one_machine(cluster, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    small_run.write_sounds("sounds")
    with contextlib.redirect_stdout(io.StringIO()):
        small_run.carry_out(STAGES)
        ours = content("data")
        there = STAGES | {"runtime": {"device": "cpu", "backend": "ray", "address": cluster.address}}
        Path("params.yaml").write_text(small_run.yaml.safe_dump(there))
        stage("clips")(
            "data/clips.csv", "data/copies.csv", "metrics/clips.json", "reports/doctor.html", "reports/examples.json"
        )
        stage("features")("data/clips.csv", "data/features.parquet", "data/costs/features.json")
        stage("spectrograms")(
            "data/clips.csv", "data/spectrograms/logmel", "logmel", "data/costs/spectrograms/logmel.json"
        )
        stage("embeddings")(
            "ours", "data/spectrograms/logmel", "data/embeddings/ours", "data/costs/embeddings/ours.json"
        )
    assert len(ours) > 8 and content("data") == ours


def test_the_death_of_the_head_ends_a_run_in_a_plain_error(tmp_path):
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, str(TESTS / "support/cluster_work.py")]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 3, done.stderr[-2000:]
    assert "the head of the Ray cluster at" in done.stdout and "run the command again" in done.stdout
    assert len(done.stdout.splitlines()[-1]) < 400


def test_a_head_that_does_not_answer_is_told_at_once():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{unused.getsockname()[1]}"
    began = time.perf_counter()
    ray.shutdown()
    with pytest.raises(UserError, match=f"{address} does not answer"):
        list(runtime.map(abs, [1], 1, Runtime(backend="ray", address=address), "test"))
    assert time.perf_counter() - began < 10


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"], ids=["frozen", "dashboard"])
def test_what_answers_but_is_not_ray_is_told_at_once(monkeypatch, answer):
    """Ray itself asks again for minutes."""
    monkeypatch.setattr(by_ray, "ANSWER_S", 0.5)
    ray.shutdown()
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor() as pool:
        pool.submit(lambda: (other := server.accept()[0], other.sendall(answer), other.recv(100), other.recv(100)))
        address = f"127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(UserError, match=rf"{address} does not answer \((timed out|what answers is not Ray)\)"):
            list(runtime.map(abs, [1], 1, Runtime(backend="ray", address=address), "test"))


def test_a_cluster_that_lets_nobody_in_without_a_token_is_told_with_what_it_needs(monkeypatch):
    def init(*_, **__):
        raise ConnectionError("Failed to connect to Ray cluster at head:6379\nmore")

    monkeypatch.setattr(by_ray, "_check", lambda address: None)
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "init", init)
    with pytest.raises(
        UserError, match=r"no Ray cluster at head:6379: Failed .*:6379\. If .* RAY_AUTH_MODE=token in the"
    ):
        next(by_ray.each(abs, [1], "head:6379", None))


@pytest.mark.parametrize("raw", [{"address": "head:6379"}, {"backend": "ray", "address": "head"}, {"backend": "dask"}])
def test_a_cluster_is_asked_for_in_full(raw):
    assert params.parse("runtime", raw, Runtime)[1]
