"""A session manager as a process, on a real log, a real database and a WhatsApp network of the test's."""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import TypeVar

import httpx
import pytest
from motor.motor_asyncio import AsyncIOMotorClient

from fakewhatsapp.network import Network
from fakewhatsapp.phone import Phone
from griot_chassis import clock, ids
from griot_chassis.records import Record
from griot_chassis.service import Service
from griot_chassis.settings import ServiceSettings
from griot_contracts import topics
from griot_contracts.base import Contract
from griot_contracts.deliveries import Delivery, DeliveryStarted
from griot_contracts.messages import DeliverMessage, TextContent
from griot_contracts.sessions import (
    DestroySession,
    QrCodeIssued,
    SessionCreated,
    SessionStatus,
    SessionStatusChanged,
    StartSession,
)
from griot_local.ports import LOOPBACK, free_port
from griot_local.processes import Process
from tests.support import eventually

B = TypeVar("B", bound=Contract)
HEARD = (topics.DELIVERY_EVENTS, topics.SESSION_EVENTS, topics.SESSION_PAIRING, topics.MESSAGE_EVENTS)


class Dispatcher:
    """What stands before the session manager and behind it: it writes commands, and hears what is told."""

    def __init__(self, service: Service) -> None:
        self.heard: list[Record] = []
        self._publisher = service.publisher
        service.listen(HEARD, self._hear)

    async def _hear(self, records: Sequence[Record]) -> None:
        self.heard += records

    async def ask(self, command: Contract) -> None:
        await self._publisher.publish([self._publisher.envelope(command, id=ids.new_id())])

    async def create(self, session_id: str) -> None:
        """As the quota service does: the session's first event, then the command that follows from it."""
        await self.ask(
            SessionCreated(account_id="a1", at=clock.now(), session_id=session_id, session_key="mine")
        )
        await self.ask(StartSession(account_id="a1", at=clock.now(), session_id=session_id))

    async def deliver(
        self, session_id: str, to: str, text: str, *, message_id: str | None = None
    ) -> DeliverMessage:
        command = DeliverMessage(
            account_id="a1",
            at=clock.now(),
            message_id=message_id or ids.new_id(),
            session_id=session_id,
            to=f"{to.lstrip('+')}@s.whatsapp.net",
            content=TextContent(text=text),
            attempt=1,
        )
        await self.ask(command)
        return command

    def told(self, session_id: str, kind: type[B]) -> list[B]:
        """What was told of a session, in order."""
        bodies = [record.body for record in self.heard]
        return [
            body
            for body in bodies
            if isinstance(body, kind) and getattr(body, "session_id", "") == session_id
        ]

    async def hears(self, session_id: str, kind: type[B], *, count: int = 1) -> B:
        """Wait for an event of a session, or for so many of them; the last."""
        await eventually(lambda: len(self.told(session_id, kind)) >= count, what=f"{count} {kind.__name__}")
        return self.told(session_id, kind)[-1]

    async def end_of(self, message_id: str, *, times: int = 1) -> Delivery:
        """Wait for the end of an attempt, told so many times."""

        def ends() -> list[Delivery]:
            bodies = [record.body for record in self.heard]
            return [
                body
                for body in bodies
                if isinstance(body, Delivery)
                and not isinstance(body, DeliveryStarted)
                and body.message_id == message_id
            ]

        await eventually(lambda: len(ends()) >= times, what=f"the end of {message_id}")
        return ends()[-1]

    def statuses(self, session_id: str) -> list[tuple[str, str | None]]:
        return [(one.status.value, one.reason) for one in self.told(session_id, SessionStatusChanged)]

    async def stands(self, session_id: str, status: SessionStatus) -> SessionStatusChanged:
        await eventually(
            lambda: self.told(session_id, SessionStatusChanged)[-1].status,
            equals=status,
            what=f"the session is {status}",
        )
        return self.told(session_id, SessionStatusChanged)[-1]


class SessionManager(Process):
    """The process, and what it keeps."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        port = free_port()
        self.data = folder / "data"
        self._ready = f"http://{LOOPBACK}:{port}/readyz"
        environment |= {
            "GRIOT_OPS_PORT": str(port),
            "GRIOT_DATA_DIR": str(self.data),
            "GRIOT_INSTANCE_ID": ids.new_id(),
        }
        super().__init__(
            "session-manager",
            [sys.executable, "-m", "session_manager"],
            log=folder / "session-manager.log",
            is_ready=self._answers,
            environment=environment,
        )

    async def metrics(self) -> str:
        async with httpx.AsyncClient(trust_env=False, timeout=10) as http:
            return (await http.get(self._ready.replace("/readyz", "/metrics"))).text

    def keys_of(self, session_id: str) -> list[Path]:
        return sorted((self.data / "devices").glob(f"{session_id}*"))

    async def _answers(self) -> bool:
        async with httpx.AsyncClient(trust_env=False, timeout=2) as http:
            try:
                return (await http.get(self._ready)).is_success
            except httpx.HTTPError:
                return False


@pytest.fixture(scope="module")
async def network(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Network]:
    async with Network(tmp_path_factory.mktemp("network")) as network:
        yield network


@pytest.fixture(scope="module")
async def database(mongo: str) -> AsyncIterator[tuple[str, AsyncIOMotorClient[dict[str, object]]]]:
    client: AsyncIOMotorClient[dict[str, object]] = AsyncIOMotorClient(mongo)
    yield f"sessions_{ids.new_id()}", client
    client.close()


@pytest.fixture(scope="module")
def settings() -> dict[str, str]:
    """What a module's worker is told beside where everything is."""
    return {}


@pytest.fixture(scope="module")
def environment(
    kafka: str,
    mongo: str,
    network: Network,
    settings: dict[str, str],
    database: tuple[str, AsyncIOMotorClient[dict[str, object]]],
) -> dict[str, str]:
    """What a module's worker is started with."""
    return {
        "GRIOT_KAFKA_BOOTSTRAP": kafka,
        "GRIOT_MONGO_URL": mongo,
        "GRIOT_SESSIONS_DATABASE": database[0],
        "GRIOT_WHATSAPP_LIBRARY": str(network.library),
        "GRIOT_WHATSAPP_CA_FILE": network.environment["SSL_CERT_FILE"],
        "GRIOT_WHATSAPP_PROXY": network.environment["HTTPS_PROXY"],
        **settings,
    }


@pytest.fixture(scope="module")
async def worker(
    environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[SessionManager]:
    async with SessionManager(tmp_path_factory.mktemp("worker"), environment) as worker:
        yield worker


@pytest.fixture(scope="module")
async def dispatcher(kafka: str, mongo: str, worker: SessionManager) -> AsyncIterator[Dispatcher]:
    assert worker.running
    settings = ServiceSettings(kafka_bootstrap=kafka, mongo_url=mongo, instance_id=ids.new_id())
    service = Service("dispatcher", settings)
    dispatcher = Dispatcher(service)
    async with service:
        task = asyncio.create_task(service.run())
        await eventually(lambda: is_ready(service), what="the log is heard")
        yield dispatcher
        service.stop()
        await task


async def is_ready(service: Service) -> bool:
    return not await service.readiness.failing()


@pytest.fixture
def session_id() -> str:
    return ids.new_id()


@pytest.fixture
async def phone(network: Network, dispatcher: Dispatcher, session_id: str) -> AsyncIterator[Phone]:
    """The phone to which this test's session is linked; the session is connected."""
    phone = network.phone(a_number())
    await dispatcher.create(session_id)
    code = await dispatcher.hears(session_id, QrCodeIssued)
    await phone.scan(code.code)
    await dispatcher.stands(session_id, SessionStatus.CONNECTED)
    yield phone
    await dispatcher.ask(DestroySession(account_id="a1", at=clock.now(), session_id=session_id))


async def logged_out(
    dispatcher: Dispatcher, worker: SessionManager, phone: Phone, session_id: str
) -> SessionStatusChanged:
    """The phone unlinks the session's device, and its keys are gone; what is told of it."""
    await phone.unlink(next(iter(phone.devices)))
    told = await dispatcher.stands(session_id, SessionStatus.LOGGED_OUT)
    await eventually(lambda: not worker.keys_of(session_id), what="the keys are destroyed")
    return told


async def linked_again(dispatcher: Dispatcher, phone: Phone, session_id: str) -> None:
    """It is started, and the phone scans the code that it shows then, the second of this session."""
    await dispatcher.ask(StartSession(account_id="a1", at=clock.now(), session_id=session_id))
    code = await dispatcher.hears(session_id, QrCodeIssued, count=2)
    await phone.scan(code.code)
    await dispatcher.stands(session_id, SessionStatus.CONNECTED)


def a_number() -> str:
    """A number that no other test uses."""
    return f"+2376{int(ids.new_id().replace('-', ''), 16) % 10**8:08}"
