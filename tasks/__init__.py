"""Errands: load, ask the core, compose, send, settle, commit.

Owns: what happens between a row that orders something and the row that says it was done.
Must not know: requests, forms, doors.
"""
