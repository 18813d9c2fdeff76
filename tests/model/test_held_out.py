import json
from pathlib import Path

import numpy as np
import pytest

from classifier.errors import ArtifactError, InputError
from classifier.model.artifact import HELD_OUT, MANIFEST, Artifact, load_held_out, read_manifest, write_artifact
from classifier.model.estimator import TARGETS, columns_of
from classifier.model.held_out import HeldOutAnswers, from_bytes, held_out_answers
from classifier.model.training import fold_groups, truth_of
from tests import small_model


def answers() -> HeldOutAnswers:
    trained, unseen = small_model.trained()
    return held_out_answers(trained, unseen, fold_groups(small_model.examples(), small_model.SETTINGS.folds))


def write(folder: Path, held_out: HeldOutAnswers | None) -> Artifact:
    return write_artifact(
        folder,
        small_model.trained()[0],
        version_=folder.name,
        created="2026-10-01T12:00:00+00:00",
        pipeline=small_model.pipeline(),
        training_data_digest="d" * 64,
        metrics={},
        evaluation_html="<p></p>",
        held_out=held_out,
    )


def test_the_answers_are_the_calibrated_scores_out_of_fold_and_the_right_labels() -> None:
    trained, unseen = small_model.trained()
    found = answers()
    for target in TARGETS:
        expected = trained.targets[target].calibration.predict_proba(unseen.scores[:, columns_of(target)])
        assert found.probabilities[target] == pytest.approx(expected)
        assert found.truth[target].tolist() == truth_of(unseen.labels, target).tolist()


def test_texts_by_one_writer_have_one_number_and_no_name() -> None:
    found = answers()
    numbers: dict[str, int] = {}
    for example, number in zip(small_model.examples(), found.writers.tolist(), strict=True):
        assert numbers.setdefault(example.source, number) == number
    assert sorted(numbers.values()) == list(range(len(numbers)))
    assert not any(name.encode() in found.as_bytes() for name in numbers)


def test_an_artefact_gives_back_the_answers_it_was_written_with(tmp_path: Path) -> None:
    artifact = write(tmp_path / "1", answers())
    found = load_held_out(artifact)
    assert found is not None
    for target in TARGETS:
        assert found.probabilities[target] == pytest.approx(answers().probabilities[target], abs=1 / 65_535)
        assert found.truth[target].tolist() == answers().truth[target].tolist()
    assert artifact.manifest.held_out is not None
    assert artifact.manifest.held_out.texts == len(small_model.examples())
    assert write(tmp_path / "2", answers()).manifest.held_out == artifact.manifest.held_out


def test_an_artefact_from_before_is_read_and_has_none(tmp_path: Path) -> None:
    artifact = write(tmp_path / "1", None)
    assert load_held_out(artifact) is None
    assert not (artifact.folder / HELD_OUT).exists()
    manifest = json.loads((artifact.folder / MANIFEST).read_text(encoding="utf-8"))
    del manifest["held_out"]
    (artifact.folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    assert load_held_out(read_manifest(artifact.folder)) is None


def test_altered_or_missing_answers_are_refused(tmp_path: Path) -> None:
    artifact = write(tmp_path / "1", answers())
    path = artifact.folder / HELD_OUT
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(ArtifactError, match="not the file its manifest describes"):
        load_held_out(artifact)
    path.unlink()
    with pytest.raises(ArtifactError, match="no readable held_out"):
        load_held_out(artifact)


def test_bytes_of_another_form_are_refused() -> None:
    with pytest.raises(ValueError, match="held-out"):
        from_bytes(_saved(np.zeros((3, 4), dtype="<u2")))
    wrong_label = np.zeros((1, 21), dtype="<u2")
    wrong_label[0, 18] = 7
    with pytest.raises(ValueError, match="category"):
        from_bytes(_saved(wrong_label))
    with pytest.raises(ValueError, match="pickle"):
        from_bytes(b"no array")


def test_more_writers_than_can_be_numbered_are_refused() -> None:
    trained, unseen = small_model.trained()
    with pytest.raises(InputError, match="65,537 writers"):
        held_out_answers(trained, unseen, [str(number) for number in range(65_537)])


def _saved(table: "np.ndarray[tuple[int, ...], np.dtype[np.uint16]]") -> bytes:
    from io import BytesIO

    written = BytesIO()
    np.save(written, table)
    return written.getvalue()
