"""The sessions of this worker, and the journal of each partition it owns."""

import asyncio
from collections.abc import Collection

from session_manager.domain.journal import Journal
from session_manager.domain.ownership import Owned
from session_manager.handlers.lease import Lease
from session_manager.handlers.outbox import Outbox
from session_manager.handlers.ports import Now, Sessions, WhatsApp
from session_manager.handlers.session import Session


class Fleet:
    """What this worker owns."""

    def __init__(
        self, whatsapp: WhatsApp, sessions: Sessions, lease: Lease, *, outbox: Outbox, now: Now
    ) -> None:
        self._whatsapp = whatsapp
        self._known = sessions
        self._lease = lease
        self._outbox = outbox
        self._now = now
        self._sessions: dict[str, Session] = {}
        self._journals: dict[int, Journal] = {}

    @property
    def partitions(self) -> set[int]:
        """Those of which anything is kept here."""
        return {one.owned.partition for one in self._sessions.values()} | self._journals.keys()

    def get(self, session_id: str) -> Session | None:
        """A session of this worker's."""
        return self._sessions.get(session_id)

    def add(self, owned: Owned) -> Session:
        """Own a session from here on."""
        session = Session(owned, self._whatsapp, self._known, self._lease, outbox=self._outbox, now=self._now)
        self._sessions[owned.session_id] = session
        return session

    async def drop(self, session_id: str) -> None:
        """Stop a session and own it no more. A repeat does nothing."""
        session = self._sessions.pop(session_id, None)
        if session is not None:
            await session.stop()

    async def drop_all(self, partitions: Collection[int]) -> None:
        """Stop every session of these partitions, and forget what was known of their messages."""
        lost = [one.owned.session_id for one in self._sessions.values() if one.owned.partition in partitions]
        await asyncio.gather(*(self.drop(session_id) for session_id in lost))
        for partition in partitions:
            self._journals.pop(partition, None)

    def journal(self, partition: int) -> Journal:
        """What is known of the attempts at the messages of a partition; a new one begins now."""
        return self._journals.setdefault(partition, Journal(since=self._now()))
