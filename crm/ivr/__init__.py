"""The automatic services of the hotline, as the telephone asks for them: who calls, his own data, public data, appointments, texts, ratings.

In: a session inside a transaction, plain values of a call. Out: plain JSON values in the shapes of docs/ivr.md, "Services". Must not know how a
flow is drawn or a sound is played. Invariant: own data is read for a person of `call_person` only, and what changes something is done once a key.
"""
