"""Programs `python` and `dvc` that start at once: each call is a fork of a process that has imported their packages.

A test that runs a hundred stages as a shell would spends most of its time on importing PyTorch. What is called is the
same: a script of stages/ with its arguments, or DVC's own command line; our package is imported by each fork anew.
"""

import contextlib
import copy
import functools
import importlib
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

PACKAGES = ["torch", "torchvision", "librosa", "sklearn.svm", "pandas", "pyarrow.parquet", "scipy.stats", "soxr", "jinja2",
            "matplotlib.pyplot", "dvclive.live", "joblib", "dvc.cli", "dvc.repo", "pydantic"]  # fmt: skip
CLIENT = """#!{python} -ISE
import json, os, socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect({address!r})
call = json.dumps([sys.argv, os.getcwd(), dict(os.environ)]).encode()
socket.send_fds(s, [len(call).to_bytes(4, "big")], [0, 1, 2])
s.sendall(call)
sys.exit(int.from_bytes(s.recv(4), "big"))
"""


@contextlib.contextmanager
def programs(folder):
    """Write `python` and `dvc` to `folder`, and answer their calls until the end."""
    address = str(folder / "socket")
    for name in ("python", "dvc"):
        (folder / name).write_text(CLIENT.format(python=sys.executable, address=address))
        (folder / name).chmod(0o755)
    env = os.environ | {"OMP_NUM_THREADS": "1"}  # read once, as the packages are imported
    with subprocess.Popen([sys.executable, __file__, address], env=env) as server:
        try:
            while not Path(address).exists():
                assert server.poll() is None
                time.sleep(0.1)
            yield
        finally:
            server.terminate()


def _serve(server):
    """Fork for every call that comes in."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # who has ended leaves nothing behind
    while True:
        call, _ = server.accept()
        if not os.fork():
            server.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os._exit(_answer(call))
        call.close()


def _answer(call):
    size, fds, _, _ = socket.recv_fds(call, 4, 3)
    with call.makefile("rb") as file:
        argv, cwd, env = json.loads(file.read(int.from_bytes(size, "big")))
    for target, fd in enumerate(fds):
        os.dup2(fd, target)
    sys.stdin, sys.stdout, sys.stderr = (os.fdopen(fd, mode, closefd=False) for fd, mode in enumerate("rww"))
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    status = _status(argv)
    sys.stdout.flush()
    sys.stderr.flush()
    call.sendall(status.to_bytes(4, "big"))
    return 0


def _status(argv):
    """Run `argv` as its program would; the exit status."""
    sys.argv = argv
    try:
        if Path(argv[0]).name == "dvc":
            return dvc_main(argv[1:])
        sys.argv = argv[1:]
        sys.path[:0] = [str(Path(argv[1]).parent.resolve()), str(Path("src").resolve())]
        runpy.run_path(argv[1], run_name="__main__")
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        return 1
    return 0


def dvc_main(words):
    """DVC's command line."""
    from dvc.cli import main

    parse_yaml_quickly()
    return main(words)


def parse_yaml_quickly(patch=setattr):
    """Have DVC parse a text once and not once per stage, and dvc.lock, which has no comments to be kept, by its parser in C.

    It takes half a second of every stage otherwise. patch: as `setattr`.
    """
    from dvc.utils import strictyaml
    from dvc.utils.serialize import _yaml

    parse = functools.cache(_yaml.parse_yaml)

    def parsed(text, path, typ="safe"):
        return copy.deepcopy(parse(text, path, "safe" if Path(path).name == "dvc.lock" else typ))

    for module in (_yaml, strictyaml):
        patch(module, "parse_yaml", parsed)


if __name__ == "__main__":
    for name in PACKAGES:
        importlib.import_module(name)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(sys.argv[1])
        listening.listen(64)
        _serve(listening)
