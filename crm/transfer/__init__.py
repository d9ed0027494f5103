"""Files people bring and take: import of Excel and CSV with preview, duplicates and undo; export within somebody's rights.

In: uploaded files, choices of a person. Out: rows of the hospital's tables, files to download. Must not import callcenter.
Invariant: a row of a file is written, or merged, or kept aside with its reason; nothing is lost silently, and an import can be taken back.
How it works: docs/import.md.
"""
