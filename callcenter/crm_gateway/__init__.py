"""The engine's ports on top of the hospital's data.

In: a Database, settings, a clock. Out: `CrmGateway` with one object for each port. Must not hold SQL, nor be imported below `app` and `api`.
Invariant: StoreUnavailable, and nothing else of the database, comes out, within `timeouts.store_s`. Ports: callcenter/ports.py.
"""

from __future__ import annotations

from callcenter.crm_gateway.actions import CrmActions
from callcenter.crm_gateway.callers import CrmCallers, card_of, plan_of
from callcenter.crm_gateway.conduct import CrmConduct
from callcenter.crm_gateway.directory import CrmDirectory
from callcenter.crm_gateway.facts import CrmFacts
from callcenter.crm_gateway.lookups import CrmLookups
from callcenter.crm_gateway.recordings import CrmRecordings
from callcenter.crm_gateway.services import HeldSeats, PhoneServices
from callcenter.crm_gateway.store import Store
from callcenter.ports import Clock
from callcenter.settings import Settings
from crm.database import Database

__all__ = ["CrmActions", "CrmCallers", "CrmDirectory", "CrmFacts", "CrmGateway", "CrmLookups", "CrmRecordings", "Store", "card_of", "plan_of"]


class CrmGateway:
    """All ports of one process. `directory` is also ports.Hours; `facts` is ports.EventStore and ports.CallHistory."""

    def __init__(self, database: Database, settings: Settings, clock: Clock) -> None:
        self.store = Store(database, settings.timeouts)
        self.callers = CrmCallers(self.store, settings.hospital, clock)
        self.directory = CrmDirectory(self.store, settings.hospital.zone, settings.run_folder / "directory.json")
        self.hours = self.directory
        self.lookups = CrmLookups(self.store, settings.hospital.zone)
        self.held_seats = HeldSeats(self.store, settings.hospital.zone)
        self.actions = CrmActions(self.store, PhoneServices(settings, self.held_seats).deeds())
        self.facts = CrmFacts(self.store, settings.hospital)
        self.conduct = CrmConduct(self.store, settings.hospital)
        self.recordings = CrmRecordings(self.store, clock)

    async def run(self) -> None:
        """Keep the directory up to date until cancelled; call `directory.refresh()` once before."""
        await self.directory.run()
