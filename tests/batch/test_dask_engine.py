"""A real scheduler and real worker processes on loopback."""

import base64
import csv
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import cloudpickle
import pytest
from typer.testing import CliRunner

from classifier import cli
from classifier.batch.dask_engine import DaskCluster, _probe
from classifier.batch.engines import InProcess
from classifier.batch.partition import Partition
from classifier.batch.worker import ModelReference, load, refer_to
from classifier.errors import EngineError
from classifier.language import LoadedPipeline
from classifier.model.registry import default_models
from classifier.settings import DEFAULT_PIPELINE
from tests import small_model
from tests.batch.fakes import REFERENCE

ROOT = Path(__file__).resolve().parents[2]
TEXTS = tuple(dict.fromkeys(example.text for example in small_model.unseen()[:200]))


def partitions() -> Iterator[Partition]:
    for number, first in enumerate(range(0, len(TEXTS), 10)):
        yield Partition(number, TEXTS[first : first + 10])


@dataclass
class Cluster:
    address: str
    workers: list[subprocess.Popen[bytes]]
    log: Path


def started(stack: ExitStack, log: Path, *arguments: str, path: Path = ROOT) -> subprocess.Popen[bytes]:
    """Start a Dask process that ends with the stack."""
    output = stack.enter_context(log.open("ab"))
    command = [sys.executable, "-m", "distributed.cli.dask_" + arguments[0], *arguments[1:]]
    environment = {**os.environ, "PYTHONPATH": str(path)}
    process = subprocess.Popen(command, cwd=path, stdout=output, stderr=output, env=environment)
    stack.callback(process.wait)
    stack.callback(process.kill)
    return process


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("dask")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with ExitStack() as stack:
        log = folder / "log.txt"
        started(stack, log, "scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard")
        address = f"tcp://127.0.0.1:{port}"
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        workers = [
            started(
                stack,
                log,
                "worker",
                address,
                "--nthreads",
                "1",
                "--no-dashboard",
                "--no-nanny",
                "--local-directory",
                str(folder),
            )
            for _ in range(2)
        ]
        yield Cluster(address, workers, log)


@pytest.fixture(scope="module")
def reference(pipeline: LoadedPipeline) -> ModelReference:
    return refer_to(None, default_models(), pipeline, DEFAULT_PIPELINE, other_pipeline=False, prior="corpus")


def test_a_worker_with_another_package_is_named(cluster: Cluster, reference: ModelReference) -> None:
    with pytest.raises(EngineError, match=r"worker tcp://127\.0\.0\.1:\d+ has .*; expected asys-classifier 9\.9\+0"):
        list(DaskCluster(replace(reference, package="9.9+0"), cluster.address).run(partitions()))


@pytest.mark.parametrize("own", [False, True])
def test_the_command_writes_the_same_bytes_with_a_scheduler_as_without(cluster: Cluster, tmp_path: Path, own: bool) -> None:
    history, texts = tmp_path / "h.csv", tmp_path / "tekster.txt"
    texts.write_text("\n".join(" ".join(text.split()) for text in TEXTS), encoding="utf-8")
    prior = ["--prior-texts", str(texts)] if own else []
    with history.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("tekst",), *((text,) for text in TEXTS[:40])])
    for folder, option in (("here", []), ("there", ["--scheduler", cluster.address])):
        (tmp_path / folder).mkdir()
        command = ["reclassify", str(history), str(tmp_path / folder / "ny.csv"), "--partition", "8", *option, *prior]
        done = CliRunner().invoke(cli.app, command)
        assert done.exit_code == 0, done.stderr
        assert "40 rows read = 40 written + 0 rejected" in done.stderr
    here, there = ({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("here", "there"))
    assert here == there
    assert len(here) == 4
    assert json.loads(here["ny.csv.summary.json"])["prior"].startswith("texts:" if own else "corpus")


def test_a_cluster_answers_as_this_process_does_though_a_worker_is_killed(
    cluster: Cluster, reference: ModelReference, pipeline: LoadedPipeline
) -> None:
    expected = list(InProcess(load(reference, environ={}, pipeline=pipeline)).run(partitions()))
    found = []
    for result in DaskCluster(reference, cluster.address).run(partitions()):
        found.append(result)
        if len(found) == 3:
            threading.Thread(target=cluster.workers[0].kill).start()
    assert found == expected
    assert cluster.workers[0].poll() is not None
    log = cluster.log.read_text(encoding="utf-8", errors="replace")
    assert not any(text in log for text in TEXTS)


def test_a_worker_without_the_package_says_so() -> None:
    probe = base64.b64encode(cloudpickle.dumps(_probe())).decode()
    script = f"import base64, pickle, sys; sys.modules['classifier'] = None; print(pickle.loads(base64.b64decode('{probe}'))())"
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert said.startswith("no asys-classifier (")


def test_no_scheduler_is_said() -> None:
    with pytest.raises(EngineError, match=r"no Dask scheduler at tcp://127\.0\.0\.1:9"):
        list(DaskCluster(REFERENCE, "tcp://127.0.0.1:9").run(partitions()))
