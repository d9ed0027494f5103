"""Flows in a real database, behind the real gate."""
