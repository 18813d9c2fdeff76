"""What is run around the package: set-up, tests, training, measurements."""
