import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment away from the checkout that holds the built wheel; its dependencies come from this one."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(build, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "env", with_pip=True)
    python = folder / "env" / "bin" / "python"
    install = [str(python), "-m", "pip", "install", "--quiet", "--no-deps", str(wheel)]
    done = subprocess.run(install, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    site = Path(
        subprocess.check_output([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], text=True).strip()
    )
    # A .pth file lends the libraries, after the wheel's own package and without this checkout's editable install.
    (site / "zz_borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "env" / "bin"


def test_the_wheel_suggests_away_from_the_checkout(elsewhere: Path, tmp_path: Path) -> None:
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "ASYS_", "VIRTUAL_ENV"))}
    command = [str(elsewhere / "classifier"), "suggest", "--format", "jsonl", "Brukaren ringde og sa at eg skulle få svi."]
    done = subprocess.run(command, cwd=tmp_path, env=clean, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["category"]["label"] == "trussel"


def test_the_wheel_analyses_a_text_away_from_the_checkout(elsewhere: Path, tmp_path: Path) -> None:
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "ASYS_", "VIRTUAL_ENV"))}
    command = [str(elsewhere / "classifier"), "analyse", "--format", "jsonl", "Brukaren ringde og sa at eg skulle få svi."]
    done = subprocess.run(command, cwd=tmp_path, env=clean, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout)
    assert shown["tokens"][0]["lemma"] == "brukar"
    where = subprocess.check_output(
        [str(elsewhere / "python"), "-c", "import classifier.language as l; print(l.shipped_models())"],
        cwd=tmp_path,
        env=clean,
        text=True,
    )
    assert ROOT not in Path(where.strip()).parents
