"""What of HTML is kept: exactly what the editor of the pages can hold.

In: text that somebody wrote or pasted, or that a machine sent. Out: the same without scripts, styles, pictures from elsewhere and odd attributes;
the words of a tag that goes stay. Must not do I/O. Invariant: what comes out holds no tag
and no attribute but those named here, so the editor draws it without a loss.
"""

from __future__ import annotations

import re

import nh3

TAGS = frozenset((
    "p", "br", "hr", "h2", "h3", "h4", "strong", "b", "em", "i", "u", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a",
    "table", "thead", "tbody", "tfoot", "tr", "th", "td",
))  # fmt: skip
_CELL = frozenset({"colspan", "rowspan", "colwidth"})
_ATTRIBUTES = {"a": {"href"}, "ol": {"start"}, "th": set(_CELL), "td": set(_CELL)}
_SCHEMES = {"http", "https", "mailto", "tel"}
MOST_CELLS = 30
WIDEST = 2000
LAST_NUMBER = 9999
_KIN = {"h1": "h2", "h5": "h4", "h6": "h4", "div": "p", "del": "s", "strike": "s", "ins": "u"}
_KIN_TAG = re.compile(rf"<(/?)({'|'.join(_KIN)})(?=[\s/>])", re.IGNORECASE)


def clean(html: str) -> str:
    """Safe to show anywhere."""
    known = _KIN_TAG.sub(lambda tag: f"<{tag[1]}{_KIN[tag[2].lower()]}", html)
    return nh3.clean(known, tags=set(TAGS), attributes=_ATTRIBUTES, attribute_filter=_attribute, url_schemes=_SCHEMES)


def _attribute(tag: str, name: str, value: str) -> str | None:
    """Numbers that a browser would obey literally are kept within what a page can show."""
    match name:
        case "colspan" | "rowspan":
            return _number(value, MOST_CELLS)
        case "start":
            return _number(value, LAST_NUMBER)
        case "colwidth":
            widths = [_number(one, WIDEST) for one in value.split(",")[:MOST_CELLS]]
            return ",".join(one for one in widths if one) if all(widths) else None
    return value


def _number(written: str, most: int) -> str | None:
    """A whole number from 1 to `most`; None: it is none."""
    fits = written.isascii() and written.isdigit() and len(written) <= len(str(most)) and 1 <= int(written) <= most
    return written if fits else None
