"""Who gets in: the local mode, OpenID Connect for people, and bearer tokens for systems."""
