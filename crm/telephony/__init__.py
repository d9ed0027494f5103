"""The telephone's rows: facts and calls, flows and their figures, prompts, conduct reports, what running processes keep in memory.

In: plain values that controllers tell. Out: rows, and the shapes of docs/api.md. Must not know a word of Asterisk or import callcenter.
Invariant: a call's record is a fold of its facts.
"""
