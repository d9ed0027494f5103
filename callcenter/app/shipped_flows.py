"""The flows that come with the product, as they are handed to the store.

In: `callcenter/ivr/flows/*.toml`. Out: sources and titles. Must not check them: the loader did when the process was built.
Invariant: the same files give the same sources, so an unchanged product ships nothing new.
"""

from __future__ import annotations

from callcenter.crm_gateway.flows import Shipment
from callcenter.ivr import loader


def shipment() -> Shipment:
    """Everything of it."""
    texts = {path.stem: path.read_text(encoding="utf-8") for path in sorted(loader.SHIPPED.glob("*.toml"))}
    sources = {name: {key: value for key, value in loader.parse_toml(text).items() if key != "version"} for name, text in texts.items()}
    titles = {name: loader.title_of(source) or (name, name) for name, source in sources.items()}
    return Shipment(sources, titles, "随产品提供 / came with the product")
