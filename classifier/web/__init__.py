"""The service: an API for the systems around it, and pages for the people who work in it."""
