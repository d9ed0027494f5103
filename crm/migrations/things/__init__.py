"""The tables of revision 0102, by domain. Frozen: later changes are revisions of their own."""
