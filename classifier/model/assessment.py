"""A model's figures on labelled texts and the texts it got wrong, masked: what every command and artefact shows of it."""

from __future__ import annotations

from collections.abc import Sequence

from classifier.corpus import Example
from classifier.language import LoadedPipeline
from classifier.model.evaluation import Evaluation, evaluate
from classifier.model.incident_model import IncidentModel
from classifier.model.training import WARNED_OF
from classifier.privacy import mask_texts
from classifier.suggestion import Suggestion


def assess(model: IncidentModel, examples: Sequence[Example], suggestions: Sequence[Suggestion]) -> Evaluation:
    """Return the figures of a model's suggestions for labelled examples, in the same order; raises what `evaluate` does."""
    return evaluate(
        examples,
        suggestions,
        model_version=model.version,
        prior=model.prior,
        pipeline=f"{model.pipeline.name} {model.pipeline.version}",
        warned_of=WARNED_OF,
    )


def headline(evaluation: Evaluation) -> dict[str, dict[str, float]]:
    """Return the figures that a list of versions shows."""
    return {
        target.target: {
            "macro_f1": target.macro_f1.value,
            "accuracy": target.accuracy.value,
            "expected_calibration_error": target.expected_calibration_error,
            "confident_share": target.confident_share,
        }
        for target in evaluation.targets
    }


def masked_mistakes(evaluation: Evaluation, examples: Sequence[Example], pipeline: LoadedPipeline) -> dict[int, str]:
    """Return the texts of the mistakes that an evaluation lists, without personal data, by their place."""
    places = sorted({mistake.place for target in evaluation.targets for mistake in target.mistakes})
    masked = mask_texts([examples[place].text for place in places], pipeline=pipeline)
    return {place: found.text for place, found in zip(places, masked, strict=True)}
