"""Who comes in and what he may: users, passwords, sessions, tokens, the second step, what roles are given and how far a right reaches.

In: names and secrets as typed or sent. Out: `crm.principal.Principal`. Must not keep a password or a token in the clear. Rules: docs/security.md.
"""
