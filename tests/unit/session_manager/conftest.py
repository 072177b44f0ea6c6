"""A worker in memory: everything of the session manager but the library, the log and the database."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from griot_contracts.base import Contract
from griot_contracts.sessions import SessionStatus, SessionStatusChanged, StartSession
from session_manager.domain.standing import Identified, Online
from session_manager.handlers.commands import HandleSessionCommands
from session_manager.handlers.deliver import DeliverMessages, Patience
from session_manager.handlers.fleet import Fleet
from session_manager.handlers.journals import Journals
from session_manager.handlers.lease import Lease
from session_manager.handlers.outbox import Outbox
from tests.support import eventually
from tests.unit.session_manager.fakes import (
    FakeAttachments,
    FakeConnection,
    FakeLeases,
    FakeLog,
    FakePublisher,
    FakeSessions,
    FakeWhatsApp,
)
from tests.unit.session_manager.samples import NOON, now, record

LIKE_A_TEST = Patience(send_s=0.2, lookup_s=0.2, start_s=0.2, upload_s=0.2)


@dataclass
class Worker:
    publisher: FakePublisher = field(default_factory=FakePublisher)
    whatsapp: FakeWhatsApp = field(default_factory=FakeWhatsApp)
    sessions: FakeSessions = field(default_factory=FakeSessions)
    attachments: FakeAttachments = field(default_factory=FakeAttachments)
    log: FakeLog = field(default_factory=FakeLog)
    leases: FakeLeases = field(default_factory=FakeLeases)
    elapsed_s: float = 0

    def __post_init__(self) -> None:
        self.outbox = Outbox(self.publisher)
        self.lease = Lease(self.leases, self.elapsed)
        self.fleet = Fleet(self.whatsapp, self.sessions, self.lease, outbox=self.outbox, now=now)
        self.handle = HandleSessionCommands(
            self.fleet,
            DeliverMessages(
                self.fleet,
                self.lease,
                self.publisher,
                self.attachments,
                journals=Journals(self.fleet, self.log),
                now=now,
                patience=LIKE_A_TEST,
            ),
            self.lease,
            sessions=self.sessions,
            whatsapp=self.whatsapp,
            outbox=self.outbox,
            publisher=self.publisher,
            now=now,
        )

    def elapsed(self) -> float:
        """A clock that goes on whenever somebody looks, and by `elapsed_s` when a test says so."""
        self.elapsed_s += 0.001
        return self.elapsed_s

    async def do(self, command: Contract) -> None:
        await self.handle(record(command))

    async def start(self, session_id: str = "s1") -> FakeConnection:
        """A session that connects; its connection has said nothing yet."""
        before = len(self.whatsapp.connections)
        await self.do(StartSession(account_id="a1", at=NOON, session_id=session_id))
        await eventually(lambda: len(self.whatsapp.connections) > before, what="it connects")
        return self.whatsapp.connections[-1]

    async def connect(self, session_id: str = "s1") -> FakeConnection:
        """A session on which sends work."""
        connection = await self.start(session_id)
        connection.observe(Identified("237650000001:1@s.whatsapp.net"))
        connection.observe(Online())
        await self.stands(SessionStatus.CONNECTED, session_id)
        return connection

    async def stands(self, status: SessionStatus, session_id: str = "s1") -> None:
        def standing() -> SessionStatus | None:
            session = self.fleet.get(session_id)
            return None if session is None else session.standing.status

        await eventually(standing, equals=status, what=f"{session_id} stands at {status}")

    async def told(self) -> list[Any]:
        """Everything that was published, once nothing waits any more."""
        await self.outbox.flush()
        return self.publisher.bodies

    async def statuses(self) -> list[tuple[str, str | None]]:
        changes = [body for body in await self.told() if isinstance(body, SessionStatusChanged)]
        return [(change.status.value, change.reason) for change in changes]


@pytest.fixture
async def worker() -> AsyncIterator[Worker]:
    worker = Worker()
    await worker.lease.take({3})
    pump = asyncio.create_task(worker.outbox.run())
    yield worker
    await worker.fleet.drop_all({3})
    pump.cancel()
