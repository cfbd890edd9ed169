"""The tables of a ledger."""

VERSION = 1
"""Raised where older programs could not read what newer ones write."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
    id INTEGER PRIMARY KEY, target, source, status TEXT NOT NULL, run TEXT,
    content TEXT, call TEXT, source_print TEXT, made TEXT, outputs TEXT, original,
    tries INTEGER NOT NULL DEFAULT 0, reason TEXT NOT NULL DEFAULT '',
    fault TEXT NOT NULL DEFAULT '', exit_status INTEGER NOT NULL DEFAULT 0,
    seconds REAL NOT NULL DEFAULT 0, pages INTEGER NOT NULL DEFAULT 0,
    decisions TEXT NOT NULL DEFAULT '[]', updated REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS by_target ON documents (target);
CREATE INDEX IF NOT EXISTS by_key ON documents (content, call);
CREATE TABLE IF NOT EXISTS runs (
    id TEXT PRIMARY KEY, kind TEXT, call TEXT, lock, pid INTEGER, host TEXT, began REAL, ended REAL
);
"""
