import errno
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest

from classifier.errors import ArtifactError
from classifier.model.artifact import (
    ESTIMATOR,
    EVALUATION,
    FORMAT_VERSION,
    MANIFEST,
    Artifact,
    load_estimator,
    read_evaluation,
    read_manifest,
    write_artifact,
)
from classifier.model.estimator import LABELS, TARGETS
from classifier.taxonomy import TAXONOMY_VERSION
from tests import small_model


def write(folder: Path, **changes: Any) -> Artifact:
    fields: dict[str, Any] = {
        "version_": "2026.10.1",
        "created": "2026-10-01T12:00:00+00:00",
        "pipeline": small_model.pipeline(),
        "training_data_digest": "d" * 64,
        "metrics": {"category": {"macro_f1": 0.5}},
        "evaluation_html": "<p>æøå</p>",
    }
    return write_artifact(folder, small_model.trained()[0], **(fields | changes))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("models") / "2026.10.1").folder


@pytest.fixture
def folder(written: Path, tmp_path: Path) -> Path:
    """A copy to spoil."""
    return Path(shutil.copytree(written, tmp_path / "models" / "2026.10.1"))


def load(folder: Path, **options: bool) -> Any:
    return load_estimator(read_manifest(folder), small_model.pipeline(), **options)


def refusal(folder: Path, **options: bool) -> str:
    """Return why the artefact was refused; the message must name its folder."""
    with pytest.raises(ArtifactError) as caught:
        load(folder, **options)
    assert caught.value.place == str(folder)
    assert str(caught.value).startswith(f"model {folder}: ")
    return str(caught.value).removeprefix(f"model {folder}: ")


def alter(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    change(manifest)
    (folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")


class Trap:
    """Pickles to a call that makes `path` when it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., None], tuple[str]]:
        return os.mkdir, (str(self.path),)


@pytest.fixture
def no_unpickling(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        pytest.fail("the estimator was unpickled")

    monkeypatch.setattr(joblib, "load", fail)
    monkeypatch.setattr(joblib.numpy_pickle, "load", fail)


def test_what_was_written_is_read_back_equal(written: Path) -> None:
    trained, loaded = small_model.trained()[0], load(written)
    texts = small_model.texts()[:50]
    assert np.array_equal(loaded.estimator.decision_function(texts), trained.estimator.decision_function(texts))
    assert (loaded.targets, loaded.warn_from) == (trained.targets, trained.warn_from)
    assert (loaded.examples, loaded.settings) == (trained.examples, trained.settings)


def test_an_artefact_is_three_files_that_others_may_read(written: Path) -> None:
    assert sorted(path.name for path in written.iterdir()) == sorted([MANIFEST, ESTIMATOR, EVALUATION])
    assert sorted(path.name for path in written.parent.iterdir()) == ["2026.10.1"]
    assert written.stat().st_mode & 0o777 == 0o755
    assert (written / EVALUATION).read_text(encoding="utf-8") == "<p>æøå</p>"


def test_the_manifest_says_what_the_model_is_and_was_made_with(written: Path) -> None:
    manifest, pipeline = read_manifest(written).manifest, small_model.pipeline()
    assert (manifest.format_version, manifest.version) == (FORMAT_VERSION, "2026.10.1")
    assert (manifest.taxonomy_version, manifest.examples) == (TAXONOMY_VERSION, small_model.SIZE)
    assert manifest.libraries.model_dump() == {
        name: version(name.replace("_", "-")) for name in ("scikit_learn", "numpy", "scipy", "joblib")
    }
    assert manifest.pipeline.model_dump() == {"name": pipeline.name, "version": pipeline.version, "digest": pipeline.digest}
    assert manifest.settings == small_model.SETTINGS
    assert manifest.estimator_bytes == (written / ESTIMATOR).stat().st_size
    assert manifest.never_confident == {
        target: [label for label, start in getattr(manifest.targets, target).confident_from.items() if start is None]
        for target in TARGETS
    }
    assert (manifest.created, manifest.training_data_digest) == ("2026-10-01T12:00:00+00:00", "d" * 64)
    assert manifest.metrics == {"category": {"macro_f1": 0.5}}


def test_writing_the_same_model_twice_gives_the_same_bytes(written: Path, tmp_path: Path) -> None:
    again = write(tmp_path / "2026.10.1")
    for name in (MANIFEST, ESTIMATOR, EVALUATION):
        assert (again.folder / name).read_bytes() == (written / name).read_bytes()


@pytest.mark.usefixtures("no_unpickling")
def test_reading_the_manifest_does_not_touch_the_estimator(folder: Path) -> None:
    (folder / ESTIMATOR).unlink()
    assert read_manifest(folder).manifest.version == "2026.10.1"


@pytest.mark.usefixtures("no_unpickling")
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("bit", [1, 128])
def test_an_estimator_with_one_flipped_bit_is_refused_before_it_is_unpickled(folder: Path, share: float, bit: int) -> None:
    content = bytearray((folder / ESTIMATOR).read_bytes())
    content[int(share * (len(content) - 1))] ^= bit
    (folder / ESTIMATOR).write_bytes(content)
    assert "estimator.joblib is not the file its manifest describes" in refusal(folder)


def test_an_exchanged_estimator_does_not_get_to_run_code(folder: Path, tmp_path: Path) -> None:
    joblib.dump(Trap(tmp_path / "sprung"), folder / ESTIMATOR)
    assert "estimator.joblib is not the file its manifest describes" in refusal(folder)
    assert not (tmp_path / "sprung").exists()
    # The trap works: whoever unpickles it springs it.
    joblib.load(folder / ESTIMATOR)
    assert (tmp_path / "sprung").exists()


def test_the_bytes_that_were_checked_are_unpickled_whatever_the_file_is_by_then(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = Path.read_bytes

    def exchange(path: Path) -> bytes:
        content = read(path)
        if path == folder / ESTIMATOR:
            joblib.dump(Trap(tmp_path / "sprung"), path)
        return content

    artifact = read_manifest(folder)
    monkeypatch.setattr(Path, "read_bytes", exchange)
    loaded = load_estimator(artifact, small_model.pipeline())
    assert loaded.examples == small_model.SIZE
    assert np.isfinite(loaded.estimator.decision_function(small_model.texts()[:3])).all()
    assert not (tmp_path / "sprung").exists()


@pytest.mark.usefixtures("no_unpickling")
@pytest.mark.parametrize("spoil", [lambda content: content[:-1], lambda content: content + b"\0", lambda _: b""])
def test_an_estimator_of_another_length_is_refused(folder: Path, spoil: Callable[[bytes], bytes]) -> None:
    (folder / ESTIMATOR).write_bytes(spoil((folder / ESTIMATOR).read_bytes()))
    assert "damaged or altered" in refusal(folder)


@pytest.mark.usefixtures("no_unpickling")
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: m.update(format_version=1), "has format version 1; this program reads 4"),
        (lambda m: m.update(format_version="4"), "has format version '4'; this program reads 4"),
        (lambda m: m.pop("format_version"), "has format version None; this program reads 4"),
        (lambda m: m.update(surprise=1), "has a damaged manifest.json"),
        (lambda m: m.pop("examples"), "has a damaged manifest.json"),
        (lambda m: m.update(examples="many"), "has a damaged manifest.json"),
        (lambda m: m["pipeline"].pop("digest"), "has a damaged manifest.json"),
        (lambda m: m["targets"]["category"].update(slopes=["steep"]), "has a damaged manifest.json"),
        (lambda m: m["targets"].pop("channel"), "has a damaged manifest.json"),
        (lambda m: m["targets"]["channel"].pop("offsets"), "has a damaged manifest.json"),
        (lambda m: m["targets"].update(acts=m["targets"]["channel"]), "has a damaged manifest.json"),
        (lambda m: m["libraries"].pop("scikit_learn"), "has a damaged manifest.json"),
        (lambda m: m["settings"].update(folds="many"), "has a damaged manifest.json"),
        (lambda m: m["settings"].update(surprise=1), "has a damaged manifest.json"),
        (lambda m: m.update(estimator_sha256="0" * 64), "estimator.joblib is not the file its manifest describes"),
        (
            lambda m: m["libraries"].update(scikit_learn="0.24.2"),
            f"was trained with scikit-learn 0.24.2; {version('scikit-learn')} is installed",
        ),
        (lambda m: m.update(taxonomy_version="2019.1"), f"knows taxonomy 2019.1; this program's is {TAXONOMY_VERSION}"),
        (lambda m: m.update(tables_digest="0" * 64), "was trained with other tables of words and cues than this program's"),
        (lambda m: m["targets"]["category"]["labels"].reverse(), "has other category labels than the taxonomy"),
        (lambda m: m["targets"]["channel"]["labels"].append("faks"), "has other channel labels than the taxonomy"),
        (lambda m: m["targets"]["channel"]["confident_from"].pop("telefon"), "has other channel labels than the taxonomy"),
        (lambda m: m["targets"]["category"]["confident_from"].update(tyveri=0.9), "has other category labels"),
        (lambda m: m["targets"]["category"]["slopes"].pop(), "has a category calibration that does not fit its labels"),
        (lambda m: m["targets"]["channel"]["offsets"].append(0.0), "has a channel calibration that does not fit its labels"),
        (lambda m: m["targets"]["channel"].update(prior=[]), "has a channel calibration that does not fit its labels"),
    ],
)
def test_an_altered_manifest_is_refused(folder: Path, change: Callable[[dict[str, Any]], object], message: str) -> None:
    alter(folder, change)
    assert message in refusal(folder)


def test_altering_the_manifest_changes_its_digest(folder: Path) -> None:
    before = read_manifest(folder).digest
    alter(folder, lambda manifest: manifest["warn_from"].update(trussel_selvskading=1.0))
    assert read_manifest(folder).digest != before


@pytest.mark.usefixtures("no_unpickling")
@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"3", b"{}", b"\xff\xfe", b'{"format_version": 4}'])
def test_a_damaged_manifest_is_refused(folder: Path, content: bytes) -> None:
    (folder / MANIFEST).write_bytes(content)
    message = refusal(folder)
    assert message == ("has format version None; this program reads 4" if content == b"{}" else "has a damaged manifest.json")


@pytest.mark.usefixtures("no_unpickling")
@pytest.mark.parametrize("name", [MANIFEST, ESTIMATOR])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert f"has no readable {name}" in refusal(folder)


def test_the_evaluation_page_is_vouched_for_too(folder: Path) -> None:
    assert read_evaluation(read_manifest(folder)) == (folder / EVALUATION).read_text(encoding="utf-8")
    (folder / EVALUATION).write_text("<p>macro-F1 1.000</p>", encoding="utf-8")
    with pytest.raises(ArtifactError, match="damaged or altered"):
        read_evaluation(read_manifest(folder))
    (folder / EVALUATION).unlink()
    with pytest.raises(ArtifactError, match="no readable evaluation"):
        read_evaluation(read_manifest(folder))


@pytest.mark.parametrize("kind", ["missing", "file"])
def test_what_is_no_folder_of_an_artefact_is_refused(tmp_path: Path, kind: str) -> None:
    place = tmp_path / "model"
    if kind == "file":
        place.write_text("x")
    assert "expected a folder that `classifier train` wrote" in refusal(place)


def test_another_minor_version_of_scikit_learn_is_accepted(folder: Path) -> None:
    major = version("scikit-learn").split(".")[0]
    alter(folder, lambda manifest: manifest["libraries"].update(scikit_learn=f"{major}.999.0"))
    assert load(folder).examples == small_model.SIZE


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"digest": "0" * 64}, "with other files"),
        (
            {"digest": "0" * 64, "name": "nb_core_news_lg", "version": "3.8.0"},
            "the spaCy pipeline nb_core_news_lg 3.8.0; found",
        ),
    ],
)
def test_another_pipeline_is_refused_unless_asked_for(folder: Path, change: dict[str, str], message: str) -> None:
    alter(folder, lambda manifest: manifest["pipeline"].update(change))
    found = refusal(folder)
    assert message in found
    assert "--other-pipeline" in found
    assert load(folder, other_pipeline=True).examples == small_model.SIZE


def test_a_pipeline_that_changed_since_is_refused(folder: Path) -> None:
    with pytest.raises(ArtifactError, match="with other files"):
        load_estimator(read_manifest(folder), replace(small_model.pipeline(), digest="1" * 64))


@pytest.mark.usefixtures("no_unpickling")
def test_asking_for_another_pipeline_lets_nothing_else_through(folder: Path) -> None:
    alter(folder, lambda manifest: manifest.update(estimator_sha256="0" * 64))
    assert "damaged or altered" in refusal(folder, other_pipeline=True)
    alter(folder, lambda manifest: manifest.update(taxonomy_version="2019.1"))
    assert "knows taxonomy 2019.1" in refusal(folder, other_pipeline=True)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_an_existing_version_is_not_overwritten(folder: Path) -> None:
    before = contents(folder.parent)
    with pytest.raises(ArtifactError, match="exists already; a version is never overwritten") as caught:
        write(folder, evaluation_html="other")
    assert caught.value.place == str(folder)
    assert contents(folder.parent) == before


def test_an_empty_folder_counts_as_existing(tmp_path: Path) -> None:
    (tmp_path / "2026.10.1").mkdir()
    with pytest.raises(ArtifactError, match="exists already"):
        write(tmp_path / "2026.10.1")


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file, not a folder")
    with pytest.raises(ArtifactError, match="cannot be written") as caught:
        write(tmp_path / "models" / "2026.10.1")
    assert caught.value.place == str(tmp_path / "models" / "2026.10.1")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"metrics": {"unknown": object()}}, ValueError),
        ({"evaluation_html": "\ud800"}, UnicodeEncodeError),
        ({"created": None}, ValueError),
    ],
)
def test_a_write_that_fails_half_way_leaves_nothing(tmp_path: Path, changes: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        write(tmp_path / "2026.10.1", **changes)
    assert list(tmp_path.iterdir()) == []


def test_a_write_that_is_interrupted_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Path] = []

    def interrupted(_: object, path: Path, **__: object) -> None:
        path.write_bytes(b"half")
        started.append(path)
        raise KeyboardInterrupt

    monkeypatch.setattr(joblib, "dump", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "2026.10.1")
    assert len(started) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_told_of_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: object, path: Path, **__: object) -> None:
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(joblib, "dump", full)
    with pytest.raises(ArtifactError, match="cannot be written: No space left on device") as caught:
        write(tmp_path / "2026.10.1")
    assert caught.value.place == str(tmp_path / "2026.10.1")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_another_made_meanwhile_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, dump = tmp_path / "2026.10.1", joblib.dump

    def overtaken(value: object, path: Path, **options: Any) -> None:
        dump(value, path, **options)
        folder.mkdir()
        (folder / MANIFEST).write_text("another's")

    monkeypatch.setattr(joblib, "dump", overtaken)
    with pytest.raises(ArtifactError, match="cannot be written") as caught:
        write(folder)
    assert caught.value.place == str(folder)
    assert contents(tmp_path) == {f"2026.10.1/{MANIFEST}": b"another's"}


def test_the_folder_appears_only_when_it_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, dump, seen = tmp_path / "2026.10.1", joblib.dump, []

    def watched(value: object, path: Path, **options: Any) -> None:
        dump(value, path, **options)
        seen.append(folder.exists())

    monkeypatch.setattr(joblib, "dump", watched)
    write(folder)
    assert seen == [False]
    assert len(list(folder.iterdir())) == 3


def test_the_labels_stand_in_the_order_of_the_taxonomy(written: Path) -> None:
    manifest = read_manifest(written).manifest
    for target in TARGETS:
        lists = getattr(manifest.targets, target)
        assert tuple(lists.labels) == LABELS[target]
        assert len(lists.slopes) == len(lists.offsets) == len(lists.prior) == len(LABELS[target])
