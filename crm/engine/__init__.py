"""The engine: declare a thing once; it is listed, searched, read, written, masked, described and audited from that.

In: declarations of `crm.resources`, who asks, plain JSON values. Out: rows as JSON, written rows with their entry in the trail. Must not know a thing
by name. Invariant: whatever is read or written through `store` was asked of the rights of who asks, in the same transaction.
How it works: docs/crm.md.
"""
