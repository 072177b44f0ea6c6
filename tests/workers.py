"""Several session managers on servers of their own, their sessions under load, and a network that counts."""

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path

from motor.motor_asyncio import AsyncIOMotorClient

from fakewhatsapp.model import Device
from fakewhatsapp.network import Network
from griot_chassis import clock, ids
from griot_chassis.records import Record
from griot_chassis.service import Service
from griot_chassis.settings import ServiceSettings
from griot_contracts.deliveries import Delivery, DeliveryFailed, DeliveryStarted, DeliveryUnknown
from griot_contracts.messages import DeliverMessage, TextContent
from griot_contracts.sessions import QrCodeIssued
from griot_local.kafka import KafkaServer
from griot_local.mongo import MongoServer
from griot_local.postgres import PostgresServer
from tests.integration.session_manager.conftest import Dispatcher, SessionManager, a_number, is_ready
from tests.support import eventually

UP_WITHIN = timedelta(seconds=90)
HANDED_OVER_WITHIN = timedelta(seconds=90)
_LINKED_AT_ONCE = 4
_AGAIN_AFTER_S = 0.2


class Desk(Dispatcher):
    """A dispatcher that knows the end of each attempt as soon as it is told."""

    def __init__(self, service: Service) -> None:
        self._ends: dict[tuple[str, int], asyncio.Future[Delivery]] = {}
        super().__init__(service)

    async def _hear(self, records: Sequence[Record]) -> None:
        self.heard += [record for record in records if not isinstance(record.body, Delivery)]
        for body in (record.body for record in records):
            if isinstance(body, Delivery) and not isinstance(body, DeliveryStarted):
                end = self._end(body.message_id, body.attempt)
                if not end.done():
                    end.set_result(body)

    async def attempt(self, command: DeliverMessage) -> Delivery:
        """Ask for an attempt, and wait for its end, however long that takes."""
        await self.ask(command)
        return await self._end(command.message_id, command.attempt)

    def _end(self, message_id: str, attempt: int) -> asyncio.Future[Delivery]:
        return self._ends.setdefault((message_id, attempt), asyncio.get_running_loop().create_future())


class Load:
    """A message after the other on each session, each tried again while nobody has it.

    Attributes:
        accepted: the texts that were sent, or may have been.
        doubtful: those of which nobody knows; they are not sent again.
    """

    def __init__(self, site: "Site") -> None:
        self.accepted: set[str] = set()
        self.doubtful: set[str] = set()
        self._site = site
        self._enough = False
        self._tasks = [asyncio.create_task(self._send_all(session)) for session in site.sessions]

    async def under_way(self) -> None:
        """Wait until messages get through."""
        await eventually(
            lambda: len(self.accepted) >= len(self._tasks), within=UP_WITHIN, what="messages get through"
        )

    async def stop(self) -> None:
        """Begin no more, and see what was begun to its end."""
        self._enough = True
        async with asyncio.timeout(HANDED_OVER_WITHIN.total_seconds()):
            await asyncio.gather(*self._tasks)

    def wrong(self) -> dict[str, int]:
        """Texts that were not shown as often as was told, each with how often it was."""
        phones = [self._site.network.phone(number) for number in self._site.recipients.values()]
        shown = Counter(message.text for phone in phones for message in phone.messages)
        return {
            text: shown[text]
            for text in self.accepted
            if shown[text] != 1 and not (text in self.doubtful and shown[text] == 0)
        }

    async def _send_all(self, session_id: str) -> None:
        for number in itertools.count():
            if self._enough:
                return
            await self._send(session_id, f"{session_id} says {number} {ids.new_id()}")

    async def _send(self, session_id: str, text: str) -> None:
        message_id, to = ids.new_id(), self._site.recipients[session_id]
        for attempt in itertools.count(1):
            end = await self._site.desk.attempt(
                DeliverMessage(
                    account_id="a1",
                    at=clock.now(),
                    message_id=message_id,
                    session_id=session_id,
                    to=f"{to[1:]}@s.whatsapp.net",
                    content=TextContent(text=text),
                    attempt=attempt,
                )
            )
            if isinstance(end, DeliveryFailed) and end.retryable:
                await asyncio.sleep(_AGAIN_AFTER_S)
                continue
            assert not isinstance(end, DeliveryFailed), end
            self.accepted.add(text)
            if isinstance(end, DeliveryUnknown):
                self.doubtful.add(text)
            return


class Site:
    """Workers, their sessions, and everything that these need.

    Attributes:
        sessions: the number that each is linked to.
        recipients: the number that each writes to.
    """

    def __init__(
        self,
        folder: Path,
        network: Network,
        desk: Desk,
        environment: dict[str, str],
        leases: AsyncIOMotorClient[dict[str, object]],
    ) -> None:
        self.network = network
        self.desk = desk
        self.workers: list[SessionManager] = []
        self.sessions: dict[str, str] = {}
        self.recipients: dict[str, str] = {}
        self._folder = folder
        self._environment = environment
        self._mongo = leases

    def make_worker(self) -> SessionManager:
        """Another worker, not started."""
        folder = self._folder / f"worker-{len(self.workers) + 1}"
        self.workers.append(SessionManager(folder, dict(self._environment)))
        return self.workers[-1]

    async def link(self, count: int) -> None:
        """So many more sessions, each linked to a phone of its own and connected."""
        turn = asyncio.Semaphore(_LINKED_AT_ONCE)

        async def one() -> None:
            async with turn:
                session_id, number = ids.new_id(), a_number()
                await self.desk.create(session_id)
                code = await self.desk.hears(session_id, QrCodeIssued)
                await self.network.phone(number).scan(code.code)
                self.sessions[session_id], self.recipients[session_id] = number, a_number()

        await asyncio.gather(*(one() for _ in range(count)))
        await self.all_connected()

    async def lose_keys_of(self, session_id: str) -> None:
        """Have the store of the devices' keys lose a device."""
        url = self._environment["GRIOT_DEVICE_STORE_URL"].partition("?")[0]
        number = self.sessions[session_id][1:]
        delete = f"DELETE FROM whatsmeow_device WHERE jid LIKE '{number}:%'"
        psql = await asyncio.create_subprocess_exec("psql", url, "-qc", delete)
        assert await psql.wait() == 0

    async def drop_database(self) -> None:
        """Have the workers' database lose all it knows of the sessions."""
        await self._mongo.drop_database("griot_sessions")

    def forget(self, session_id: str) -> None:
        """Leave a session out of what comes."""
        del self.sessions[session_id], self.recipients[session_id]

    def device(self, session_id: str) -> Device:
        """What the phone has linked."""
        (device,) = self.network.phone(self.sessions[session_id]).devices.values()
        return device

    def logins(self) -> dict[str, int]:
        return {session_id: self.device(session_id).logins for session_id in self.sessions}

    def replaced(self) -> dict[str, int]:
        """How often each session's connection was replaced by another of its own."""
        return {session_id: self.device(session_id).replaced for session_id in self.sessions}

    def connected(self, sessions: Collection[str]) -> bool:
        return all(self.device(session_id).active for session_id in sessions)

    async def all_connected(self) -> None:
        await eventually(lambda: self.connected(self.sessions), within=UP_WITHIN, what="all are connected")

    async def sessions_of(self, worker: SessionManager) -> set[str]:
        """The sessions whose partitions this worker has the lease of."""
        database = self._mongo["griot_sessions"]
        instance = worker.environment["GRIOT_INSTANCE_ID"]
        mine = database["partitions"].find({"owner": {"$regex": f"^{instance}/"}})
        numbers = [lease["_id"] async for lease in mine]
        found = database["sessions"].find({"partition": {"$in": numbers}})
        return {str(session["_id"]) async for session in found} & self.sessions.keys()

    async def shared_by(self, *workers: SessionManager) -> dict[SessionManager, set[str]]:
        """Wait until these workers are up and have all sessions among them, connected; who has which."""

        async def shares() -> dict[SessionManager, set[str]] | None:
            found = {worker: await self.sessions_of(worker) for worker in workers}
            whole = sum(len(some) for some in found.values()) == len(self.sessions)
            return found if whole and all(found.values()) and self.connected(self.sessions) else None

        for worker in workers:
            await worker.start()
        shared = await eventually(shares, within=UP_WITHIN, what="the workers share the sessions")
        assert shared is not None
        return shared

    async def moved(self, sessions: Collection[str], before: dict[str, int]) -> None:
        """Wait until all of these have logged in since, and are connected."""
        await eventually(
            lambda: (
                all(self.device(one).logins > before[one] for one in sessions) and self.connected(sessions)
            ),
            within=HANDED_OVER_WITHIN,
            what=f"{len(sessions)} sessions are connected elsewhere",
        )

    @asynccontextmanager
    async def load(self) -> AsyncIterator[Load]:
        """Load on all sessions; at the end nothing of it is lost, and nothing doubled."""
        load = Load(self)
        await load.under_way()
        yield load
        await load.stop()
        assert load.wrong() == {}


@asynccontextmanager
async def opened_site(folder: Path, *, workers: int, sessions: int) -> AsyncIterator[Site]:
    """So many workers, the first of which has linked so many sessions before the others came."""
    async with AsyncExitStack() as stack:
        kafka, mongo = KafkaServer(folder / "kafka"), MongoServer(folder / "mongo")
        postgres = PostgresServer()
        network = Network(folder / "network", quick_pairing=True)
        for part in (kafka, mongo, postgres, network):
            await stack.enter_async_context(part)
        settings = ServiceSettings(
            kafka_bootstrap=kafka.bootstrap, mongo_url=mongo.url, instance_id=ids.new_id()
        )
        service = await stack.enter_async_context(Service("dispatcher", settings))
        desk = Desk(service)
        running = asyncio.create_task(service.run())
        stack.push_async_callback(_stopped, service, running)
        await eventually(lambda: is_ready(service), within=UP_WITHIN, what="the log is heard")
        environment = {
            "GRIOT_KAFKA_BOOTSTRAP": kafka.bootstrap,
            "GRIOT_MONGO_URL": mongo.url,
            "GRIOT_DEVICE_STORE_URL": postgres.url,
            "GRIOT_WHATSAPP_LIBRARY": str(network.library),
            "GRIOT_WHATSAPP_CA_FILE": network.environment["SSL_CERT_FILE"],
            "GRIOT_WHATSAPP_PROXY": network.environment["HTTPS_PROXY"],
        }
        leases: AsyncIOMotorClient[dict[str, object]] = AsyncIOMotorClient(mongo.url)
        stack.callback(leases.close)
        site = Site(folder, network, desk, environment, leases)
        for _ in range(workers):
            await stack.enter_async_context(site.make_worker())
            if not site.sessions:
                await site.link(sessions)
        yield site
        await asyncio.gather(*(worker.stop() for worker in site.workers))


async def _stopped(service: Service, running: asyncio.Task[None]) -> None:
    service.stop()
    await running
