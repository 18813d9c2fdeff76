import pickle
from dataclasses import replace
from pathlib import Path

import pytest

from classifier.batch.partition import Partition
from classifier.batch.worker import ModelReference, ShippedArtifact, load, refer_to, ship, work
from classifier.errors import ArtifactError, EngineError, PipelineError
from classifier.language import LoadedPipeline
from classifier.model.registry import default_models, load_model
from classifier.settings import DEFAULT_PIPELINE
from tests.batch.fakes import OWN_PRIOR


@pytest.fixture(scope="module")
def reference(pipeline: LoadedPipeline) -> ModelReference:
    return refer_to(None, default_models(), pipeline, DEFAULT_PIPELINE, other_pipeline=False, prior="corpus")


def test_a_worker_loads_the_model_that_was_meant(reference: ModelReference, pipeline: LoadedPipeline) -> None:
    text = "Bruker ringte og sa at han visste hvor jeg bor."
    assert load(reference, environ={}, pipeline=pipeline).suggest([text]) == load_model(pipeline=pipeline).suggest([text])


def test_a_worker_finds_the_artefact_by_its_digest_where_the_folder_is_another(
    reference: ModelReference, pipeline: LoadedPipeline
) -> None:
    moved = replace(reference, folder=f"/nowhere/{Path(reference.folder).name}")
    assert load(moved, environ={}, pipeline=pipeline).version == reference.version


def test_a_worker_without_the_artefact_takes_the_shipped_one_only_if_it_is_the_same(
    reference: ModelReference, pipeline: LoadedPipeline
) -> None:
    elsewhere = replace(reference, folder="/nowhere/2020.1.1")
    with pytest.raises(ArtifactError, match="no artefact with digest"):
        load(elsewhere, environ={}, pipeline=pipeline)
    shipped = ship(reference)
    assert load(elsewhere, shipped, environ={}, pipeline=pipeline).version == reference.version
    with pytest.raises(ArtifactError, match="not what the run was started with"):
        load(elsewhere, ShippedArtifact(shipped.manifest + b" ", shipped.estimator), environ={}, pipeline=pipeline)
    with pytest.raises(ArtifactError, match="not the file its manifest describes"):
        load(elsewhere, ShippedArtifact(shipped.manifest, shipped.estimator + b" "), environ={}, pipeline=pipeline)


def test_another_package_or_pipeline_is_refused(reference: ModelReference, pipeline: LoadedPipeline) -> None:
    with pytest.raises(EngineError, match=r"the run was started with 9\.9\+0\. Install the same on every worker"):
        load(replace(reference, package="9.9+0"), environ={}, pipeline=pipeline)
    with pytest.raises(PipelineError, match="other files on this worker"):
        load(replace(reference, pipeline_digest="0"), environ={}, pipeline=pipeline)


def test_a_worker_answers_under_the_very_numbers_that_came_with_the_reference(
    reference: ModelReference, pipeline: LoadedPipeline
) -> None:
    sent = pickle.loads(pickle.dumps(replace(reference, prior=OWN_PRIOR)))
    text = "Bruker ringte og sa at han visste hvor jeg bor."
    own = load(sent, environ={}, pipeline=pipeline)
    plain = load_model(pipeline=pipeline)
    assert own.prior == OWN_PRIOR.name
    assert own.suggest([text]) == plain.under(OWN_PRIOR).suggest([text]) != plain.suggest([text])


def test_what_is_wrong_with_the_model_crosses_the_border_between_processes(reference: ModelReference) -> None:
    with pytest.raises(EngineError) as error:
        work(replace(reference, package="9.9+0"), None, Partition(0, ("Han slo",)))
    assert str(pickle.loads(pickle.dumps(error.value))) == str(error.value)
