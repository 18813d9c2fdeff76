"""The model: features, estimator, calibration, explanation, training, evaluation, artefacts and their registry."""
