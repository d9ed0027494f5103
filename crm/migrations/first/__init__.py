"""The tables of revision 0001, by domain. Frozen: later changes are revisions of their own."""
