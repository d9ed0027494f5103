"""What single things do beyond their declaration: articles are published, points are booked, a bell rings, clinics are found.

In: rows of one thing, a session inside a transaction. Out: rows and plain values. Must not list, search or write what the engine could.
"""
