"""Propose ASYS categories and channels for Norwegian incident reports."""
