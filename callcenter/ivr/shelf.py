"""The flows that callers are in: the newest release for whoever comes, older ones for whoever is there. In memory.

In: a book at each publication. Out: `newest`, and `at` for a call that came in with an older one. Must not read or write anything.
Invariant: a reader sees one whole book; a release that a live call names stays.
"""

from __future__ import annotations

from collections.abc import Collection

from callcenter.ivr.flow import FlowBook

KEPT = 5


class FlowShelf:
    """Books by release. Never empty."""

    def __init__(self, *books: FlowBook) -> None:
        self._books = {book.release: book for book in books}
        self._newest = self._books[max(self._books)]

    @property
    def newest(self) -> FlowBook:
        return self._newest

    def at(self, release: int) -> FlowBook | None:
        """None: not here any more."""
        return self._books.get(release)

    def releases(self) -> tuple[int, ...]:
        """What is here, oldest first."""
        return tuple(sorted(self._books))

    def put(self, book: FlowBook, in_use: Collection[int] = ()) -> None:
        """From here on `book` serves who comes, if it is the newest. Kept beside it: the releases `in_use`, and the last few."""
        books = {**self._books, book.release: book}
        kept = {*sorted(books)[-KEPT:], *in_use, self._newest.release, book.release}
        self._books = {release: one for release, one in books.items() if release in kept}
        if book.release >= self._newest.release:
            self._newest = book

    def turn_to(self, release: int) -> None:
        """Serve who comes with this release, whatever its number: the store was replaced by an older one."""
        self._newest = self._books[release]
