"""Counts and shares over time, corrected for the model's error where labels are a model's, with intervals and figures."""
