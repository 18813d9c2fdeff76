"""The service as it runs: real processes, a real port."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

THREAT = "Bruker ringte og sa at han visste hvor jeg bor."
COMMAND = [sys.executable, "-c", "from classifier.cli import main; main()", "serve"]


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def ask(port: int, path: str, body: object = None) -> tuple[int, dict[str, object]]:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}")
    if body is not None:
        request.data = json.dumps(body).encode()
        request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request, timeout=120) as answer:
        return answer.status, json.load(answer) if path != "/metrics" else {"text": answer.read().decode()}


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], int, Path]]:
    port = free_port()
    log = tmp_path / "log"
    environment = os.environ | {"ASYS_AUTH": "local"}
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [*COMMAND, "--port", str(port), "--workers", "2", "--database", str(tmp_path / "asys.db"), "--who", "ola"],
            stderr=errors,
            stdout=subprocess.PIPE,
            env=environment,
        )
        assert process.stdout is not None
        try:
            announced = process.stdout.readline().decode()
            assert f"http://127.0.0.1:{port}/" in announced, log.read_text()
            yield process, port, log
        finally:
            process.kill()
            process.wait(10)
            process.stdout.close()


def test_stopping_the_service_loses_no_request_that_has_begun(served: tuple[subprocess.Popen[bytes], int, Path]) -> None:
    process, port, log = served
    assert ask(port, "/readyz")[1]["status"] == "ok"
    with ThreadPoolExecutor(9) as pool:  # a thread each, so that all have begun
        slow = [pool.submit(ask, port, "/api/v1/suggestions", {"texts": [f"{THREAT} Nummer {n}."] * 60}) for n in range(8)]
        registered = {"source": "asys", "external_id": "1", "text": THREAT}
        kept = pool.submit(ask, port, "/api/v1/reports", registered)
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        answers = [future.result() for future in slow]
    assert [status for status, _ in answers] == [200] * 8
    assert all(len(answer["suggestions"]) == 60 for _, answer in answers)  # type: ignore[arg-type]
    assert kept.result()[0] == 201
    assert process.wait(60) in (0, -signal.SIGTERM)
    # A library may warn, in its own way, before the log is set up.
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    requests = [line for line in lines if line["event"] == "request"]
    assert {line["route"] for line in requests} >= {"/readyz", "/api/v1/suggestions", "/api/v1/reports"}
    assert "visste" not in log.read_text()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.7", "asys.example"])
def test_without_a_login_only_this_machine_is_served(host: str, tmp_path: Path) -> None:
    command = [*COMMAND, "--host", host, "--port", str(free_port()), "--database", str(tmp_path / "asys.db")]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"ASYS_AUTH": "local"}, check=False)
    assert done.returncode == 2
    assert "--host" in done.stderr
    assert "ASYS_AUTH=oidc" in done.stderr
    assert not (tmp_path / "asys.db").exists()


def test_a_port_that_is_taken_is_said_to_be(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        command = [*COMMAND, "--port", str(taken.getsockname()[1]), "--database", str(tmp_path / "asys.db")]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "--port" in done.stderr


def test_a_prior_that_cannot_be_read_is_said_before_anything_is_served(tmp_path: Path) -> None:
    command = [*COMMAND, "--port", str(free_port()), "--database", str(tmp_path / "asys.db")]
    environment = os.environ | {"ASYS_AUTH": "local", "ASYS_PRIOR": str(tmp_path / "egen.json")}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 2
    assert "egen.json: found No such file" in done.stderr
