"""Patients and callers: found by number or name, shown on one timeline, made one when they were entered twice.

In: a session inside a transaction, numbers and ids. Out: plain JSON values. Must not decide who reads them: the engine and `crm.access.reach` do.
Invariant: no link to a person is lost by a merge, and a merge can be taken back.
"""
