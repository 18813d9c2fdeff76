"""The review loop: what a person should look at next and why, what people decide, and what the model learns from it."""
