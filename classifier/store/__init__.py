"""The system's memory: reports, suggestions, decisions, reviews, training snapshots, and an account of who did what."""
