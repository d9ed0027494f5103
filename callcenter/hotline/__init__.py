"""What the hotline promises its callers beyond one visit: anonymity, sealed reports, messages that outlive a kill, menus without a controller.

In: events, checkpoints, wishes of a session. Out: facts, files, rows through ports. Each module keeps one promise over several of the parts
below (flows, calls, AMI, journal, recordings), and none knows another part's protocol. Must not know the database, HTTP or who wires it.
Invariant: what is promised survives a kill at any point; each module's own invariant says how.
"""
