"""The api, the projector and the quota service as processes; the tests play the sessions' owners."""

import itertools
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pymongo import AsyncMongoClient

from api.projector.adapters import GROUP
from api.projector.reading import PROJECTED
from griot_chassis import clock, ids
from griot_chassis.broker import make_broker
from griot_chassis.log_scan import partitions_of
from griot_chassis.positions import Positions
from griot_chassis.publisher import Publisher
from griot_chassis.settings import ServiceSettings
from griot_contracts.accounts import ChangePlan, Plan
from griot_contracts.base import Contract
from griot_contracts.sessions import SessionStatus, SessionStatusChanged
from griot_local.ports import LOOPBACK, free_port
from griot_local.processes import Process
from tests.conftest import a_broker
from tests.services import service
from tests.support import eventually

TOLD_ANEW = timedelta(minutes=2)
PASSWORD = "correct horse battery staple"
RECIPIENT = "+237612345678"


class InTurn(httpx.AsyncBaseTransport):
    """One address with several instances behind it, which take the requests in turn."""

    def __init__(self, urls: Sequence[str]) -> None:
        self._urls = itertools.cycle(httpx.URL(url) for url in urls)
        self._transport = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = next(self._urls)
        request.url = request.url.copy_with(host=url.host, port=url.port)
        return await self._transport.handle_async_request(request)

    async def aclose(self) -> None:
        await self._transport.aclose()


@dataclass(frozen=True)
class Griot:
    """The running services.

    Attributes:
        url: where the api answers.
        urls: where each of its instances does.
        processes: by name, to stop and to start.
        database: the read side's documents, until they are rebuilt for the first time; see `live`.
        owner: writes to the log what a session manager or a dispatcher would.
        environment: what every process is told.
        folder: where the logs of the processes lie.
    """

    url: str
    urls: tuple[str, ...]
    processes: dict[str, Process]
    database: Any
    owner: Publisher
    environment: dict[str, str]
    folder: Path

    @asynccontextmanager
    async def instance(self, name: str, **settings: str) -> AsyncIterator["Griot"]:
        """One more instance of the api, with settings of its own; it is the one that is spoken to."""
        url, process = api_instance(name, self.folder, self.environment | settings)
        await process.launch()
        try:
            await process.wait_ready()
            yield replace(self, url=url, urls=(url,))
        finally:
            await process.stop()

    async def live(self) -> Any:
        """The documents that are read; after a rebuild they lie in another database."""
        names = await self.database["generation"].find_one({"_id": "live"})
        return self.database if names is None else self.database.client[names["read"]]

    def client(self, key: str | None = None) -> httpx.AsyncClient:
        """Speaks to the instances in turn."""
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        transport = InTurn(self.urls) if len(self.urls) > 1 else None
        return httpx.AsyncClient(
            base_url=f"{self.url}/api/v1", headers=headers, timeout=20, trust_env=False, transport=transport
        )

    async def happened(self, *events: Contract) -> None:
        await self.owner.publish([self.owner.envelope(event, id=ids.new_id()) for event in events])


class Customer:
    """An account that speaks through its first key."""

    def __init__(self, griot: Griot, account: dict[str, Any]) -> None:
        self.griot = griot
        self.account_id = account["id"]
        self.key = account["key"]
        self.http = griot.client(self.key)

    async def session(self, session_key: str = "my-session") -> str:
        """A new session, starting."""
        answer = await self.http.post("/sessions", json={"session_key": session_key})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def connected_session(self, session_key: str = "my-session") -> str:
        session_id = await self.session(session_key)
        await self.stands(session_id, SessionStatus.CONNECTED)
        return session_id

    async def stands(self, session_id: str, status: SessionStatus) -> None:
        """The session's owner says so, and the api has heard it."""
        await self.griot.happened(
            SessionStatusChanged(
                account_id=self.account_id, at=clock.now(), session_id=session_id, status=status, epoch=1
            )
        )
        await eventually(lambda: self.status(session_id), equals=status, what=f"it is {status}")

    async def goes_pro(self) -> None:
        """The operator puts the account on pro, and the api has heard it."""
        await self.griot.happened(ChangePlan(account_id=self.account_id, at=clock.now(), plan=Plan.PRO))
        await eventually(self.plan, equals="pro", what="the account is on pro")

    async def plan(self) -> str:
        return str((await self.http.get("/account")).json()["plan"])

    async def status(self, session_id: str) -> str:
        return str((await self.http.get(f"/sessions/{session_id}")).json()["status"])

    async def send(self, text: str = "Hello", **more: str) -> httpx.Response:
        return await self.http.post("/messages", json={"to": RECIPIENT, "message": text, **more})


@asynccontextmanager
async def running_griot(
    kafka: str, mongo: str, folder: Path, *, instances: int = 1, **settings: str
) -> AsyncIterator[Griot]:
    """The three services on these servers, each run in databases of its own; so many instances of the api."""
    run = ids.new_id()
    environment = {
        "GRIOT_KAFKA_BOOTSTRAP": kafka,
        "GRIOT_MONGO_URL": mongo,
        "GRIOT_INSTANCE_ID": run,
        "GRIOT_API_DATABASE": f"api-{run}",
        "GRIOT_QUOTA_DATABASE": f"quota-{run}",
        "GRIOT_SECRET": "not a secret, but long enough for one",
        **settings,
    }
    processes = {
        name: _process(name, module, folder, environment)
        for name, module in {"quota": "quota", "projector": "api.projector"}.items()
    }
    urls: list[str] = []
    for number in range(1, instances + 1):
        name = "api" if number == 1 else f"api-{number}"
        url, processes[name] = api_instance(name, folder, environment)
        urls.append(url)
    broker = make_broker("test", ServiceSettings(kafka_bootstrap=kafka))
    async with AsyncExitStack() as stack:
        for process in processes.values():
            await process.launch()
            stack.push_async_callback(process.stop)
        for process in processes.values():
            await process.wait_ready()
        await broker.start()
        stack.push_async_callback(broker.stop)
        client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(mongo, tz_aware=True)
        stack.push_async_callback(client.close)
        database, owner = client[f"api-{run}"], Publisher(broker, "test")
        await eventually(
            lambda: is_whole(database),
            within=TOLD_ANEW,
            what="the new database is told all that the log holds",
        )
        yield Griot(urls[0], tuple(urls), processes, database, owner, environment, folder)


@pytest.fixture(scope="session")
async def kafka(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """A broker of these tests' own: services whose databases are new decide and project all that is there."""
    async with a_broker(tmp_path_factory.mktemp("api-kafka")) as bootstrap:
        yield bootstrap


@pytest.fixture(scope="session")
async def twins(kafka: str, mongo: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Griot]:
    """Two instances of the api behind one address."""
    async with running_griot(kafka, mongo, tmp_path_factory.mktemp("twins"), instances=2) as griot:
        yield griot


@pytest.fixture(scope="session")
def griot(twins: Griot) -> Griot:
    """One of the twins alone."""
    return replace(twins, urls=twins.urls[:1])


@pytest.fixture
async def eve(twins: Griot) -> AsyncIterator[Customer]:
    """A customer of the twins, on the plan pro."""
    customer = await sign_up(twins)
    await customer.goes_pro()
    yield customer
    await customer.http.aclose()


@pytest.fixture
async def ada(griot: Griot) -> AsyncIterator[Customer]:
    customer = await sign_up(griot)
    yield customer
    await customer.http.aclose()


@pytest.fixture
async def bob(griot: Griot) -> AsyncIterator[Customer]:
    customer = await sign_up(griot)
    yield customer
    await customer.http.aclose()


async def sign_up(griot: Griot) -> Customer:
    async with griot.client() as stranger:
        body = {"email": f"{ids.new_id()}@example.com", "password": PASSWORD}
        answer = await stranger.post("/accounts", json=body)
    assert answer.status_code == 201, answer.text
    return Customer(griot, answer.json())


def api_instance(name: str, folder: Path, environment: dict[str, str]) -> tuple[str, Process]:
    """Where an instance of the api answers, and its process."""
    port, run = free_port(), environment["GRIOT_INSTANCE_ID"]
    own = {"GRIOT_API_PORT": str(port), "GRIOT_INSTANCE_ID": f"{run}-{name}"}
    return f"http://{LOOPBACK}:{port}", _process(name, "api", folder, environment | own)


def _process(name: str, module: str, folder: Path, environment: dict[str, str]) -> Process:
    argv = [sys.executable, "-m", module]
    return service(name, argv, log=folder / f"{name}.log", environment=environment)


async def is_whole(database: Any) -> bool:
    """Whether the projector has read as far as the log went when it began; before that the api says 503."""
    return not await Positions(database, GROUP).untold(partitions_of(*PROJECTED))


async def status_of(http: httpx.AsyncClient, path: str) -> int:
    return (await http.get(path)).status_code
