"""The read side is a reading of the log: made again beside the live one, it is the same."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any

import httpx
import pytest

from api.projector.generations import Generations
from api.projector.reading import PROJECTED
from api.rebuild import rebuild
from api.settings import ReadSideSettings
from griot_chassis import clock
from griot_contracts.messages import MessageQueued, MessageRead, MessageSent
from griot_contracts.sessions import SessionStatus
from tests.integration.api.conftest import RECIPIENT, Customer, Griot, sign_up, status_of
from tests.support import eventually
from tests.topics import is_read_to_the_end

OF_ACCOUNT = ("api_keys", "sessions", "messages", "usage")


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_rebuilt_under_load_the_documents_are_the_same_and_no_list_is_ever_empty(
    griot: Griot, kafka: str, mongo: str
) -> None:
    customer, busy, busy_session = await two_customers(griot)
    settings = ReadSideSettings(kafka_bootstrap=kafka, mongo_url=mongo, api_database=griot.database.name)
    for _ in range(2):
        old = await griot.live()
        before = await documents(old, customer)
        progress = Progress()
        async with load(busy, busy_session), readers(customer):
            await rebuild(progress, settings)
        assert progress.done == progress.total > 0
        assert (await griot.live()).name == Generations(mongo, griot.database.name).after(old.name)

        assert await documents(await griot.live(), customer) == before
    await eventually(lambda: is_up_to_date(griot, kafka), what="the projector goes on there")
    sent = (await busy.http.get("/account")).json()["sentToday"]
    assert sent == await counted(await griot.live(), busy) > 0
    for one in (customer, busy):
        await one.http.aclose()


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_dropped_under_load_the_documents_come_back_and_nothing_is_denied_meanwhile(
    griot: Griot, kafka: str
) -> None:
    customer, busy, busy_session = await two_customers(griot)
    before, indexes = await documents(await griot.live(), customer), await indexes_of(await griot.live())
    answers: list[httpx.Response] = []
    async with _meanwhile(asks(busy, busy_session, customer, answers)):
        await eventually(lambda: len(answers) > 20, what="there is load")
        live = await griot.live()
        await live.client.drop_database(live.name)
        await eventually(lambda: read(griot, customer), equals=6, what="all is projected anew")
        dropped = len(answers)
        await eventually(lambda: len(answers) > dropped + 20, what="there is more load")
        await eventually(lambda: answers[-1].is_success, what="it is answered again")

    assert {answer.status_code for answer in answers} <= {200, 202, 503}
    await eventually(lambda: is_up_to_date(griot, kafka), what="nothing is left to project")
    live = await griot.live()
    assert await documents(live, customer) == before
    assert await indexes_of(live) == indexes
    # The last message may have been under way when its sender was stopped, and is counted a moment later.
    await eventually(partial(is_counted, busy, live), what="each that was accepted is counted once")
    accepted = sum(answer.status_code == 202 for answer in answers)
    assert await counted(live, busy) >= accepted > 0
    for one in (customer, busy):
        await one.http.aclose()


async def test_what_is_not_told_again_yet_is_not_denied(griot: Griot) -> None:
    customer = await sign_up(griot)
    await customer.connected_session()
    message_id = (await customer.send()).json()["id"]
    counted_once = partial(counted_now, griot, customer)
    await eventually(counted_once, equals=1, what="it is projected")
    fresh = griot.client((await customer.http.post("/keys", json={"name": "new"})).json()["key"])
    projector, live = griot.processes["projector"], await griot.live()
    body = {"to": RECIPIENT, "message": "Hello"}
    # These two have heard nothing of the session themselves, and know it from the documents alone.
    async with (
        griot.instance("late") as late, late.client(customer.key) as http,
        griot.instance("later") as later, later.client(customer.key) as other,
    ):  # fmt: skip
        assert {await status_of(one, "/account") for one in (http, other)} == {200}
        await projector.stop()
        await live.client.drop_database(live.name)
        assert (await http.post("/messages", json=body)).status_code == 503
        assert await status_of(other, "/sessions") == 503
    # This one has never seen what was lost.
    async with griot.instance("latest") as latest, latest.client(customer.key) as http:
        assert await status_of(http, "/account") == 503
    refused = [await customer.send() for _ in range(2)]
    assert {answer.status_code for answer in refused} <= {202, 503}, "its session is there"
    for http, path in ((customer.http, f"/messages/{message_id}"), (fresh, "/account")):
        assert await status_of(http, path) in {200, 503}, path
        await eventually(partial(status_of, http, path), equals=503, what=f"{path} is not known")
    await projector.start()
    for http, path in ((customer.http, f"/messages/{message_id}"), (fresh, "/account")):
        await eventually(partial(status_of, http, path), equals=200, what=f"{path} is there")
    await fresh.aclose()
    await customer.http.aclose()


async def test_a_rebuild_that_died_while_it_handed_over_is_ended_by_the_next(
    griot: Griot, kafka: str, mongo: str
) -> None:
    customer = await sign_up(griot)
    settings = ReadSideSettings(kafka_bootstrap=kafka, mongo_url=mongo, api_database=griot.database.name)
    died = asyncio.create_task(rebuild(lambda _done, _total: None, settings))
    await eventually(lambda: hands_over(griot), what="it hands over")
    died.cancel()
    with suppress(asyncio.CancelledError):
        await died
    assert (await customer.http.get("/account")).status_code == 200

    await rebuild(lambda _done, _total: None, settings)

    assert not await hands_over(griot)
    assert (await customer.http.get("/account")).status_code == 200
    await customer.http.aclose()


async def test_a_projector_killed_and_started_again_counts_nothing_twice(griot: Griot) -> None:
    customer = await sign_up(griot)
    await customer.connected_session()
    projector = griot.processes["projector"]
    for number in range(30):
        assert (await customer.send(f"message {number}")).status_code == 202
        if number % 10 == 5:
            await projector.kill()
            await projector.launch()

    all_counted = partial(counted_now, griot, customer)
    await eventually(all_counted, equals=30, what="all are counted once")
    await customer.http.aclose()


class Progress:
    """What a rebuild said last of how far it is."""

    done = total = 0

    def __call__(self, done: int, total: int) -> None:
        self.done, self.total = done, total


async def two_customers(griot: Griot) -> tuple[Customer, Customer, str]:
    """One with a life behind it, all of it projected, and one to send from a session of its own."""
    customer, busy = await sign_up(griot), await sign_up(griot)
    await lived(customer)
    await busy.goes_pro()
    busy_session = await busy.connected_session()
    await eventually(lambda: read(griot, customer), equals=6, what="all is projected")
    return customer, busy, busy_session


async def lived(customer: Customer) -> None:
    """A life with a bit of everything: keys, sessions, and messages on their way."""
    key = (await customer.http.post("/keys", json={"name": "shop"})).json()
    await customer.http.delete(f"/keys/{key['id']}")
    sessions = [await customer.connected_session(name) for name in ("one", "two")]
    for session_id in sessions:
        for text in ("first", "second", "third"):
            message_id = (await customer.send(text, sessionId=session_id)).json()["id"]
            await walk(customer, session_id, message_id)
    await customer.stands(sessions[0], SessionStatus.DISCONNECTED)


async def walk(customer: Customer, session_id: str, message_id: str) -> None:
    what = {"account_id": customer.account_id, "session_id": session_id, "message_id": message_id}
    await customer.griot.happened(
        MessageQueued(**what, at=clock.now()),
        MessageSent(**what, at=clock.now(), whatsapp_message_id=f"3EB0{message_id}"),
        MessageRead(**what, at=clock.now()),
    )


@asynccontextmanager
async def load(busy: Customer, session_id: str) -> AsyncIterator[None]:
    """Another customer sends all the while."""

    async def send() -> None:
        while True:
            assert (await busy.send("load", sessionId=session_id)).status_code == 202

    async with _meanwhile(send()):
        yield


@asynccontextmanager
async def readers(customer: Customer) -> AsyncIterator[None]:
    """The customer looks at its lists all the while, and finds everything."""

    async def look() -> None:
        while True:
            messages = (await customer.http.get("/messages")).json()["data"]
            assert [message["status"] for message in messages] == ["read"] * 6
            assert len((await customer.http.get("/sessions")).json()["data"]) == 2
            assert (await customer.http.get("/account")).json()["sentToday"] == 6

    async with _meanwhile(look()):
        yield


@asynccontextmanager
async def _meanwhile(work: Any) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
        assert not task.done(), task.exception()
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, AssertionError):
            await task


async def asks(busy: Customer, session_id: str, customer: Customer, answers: list[httpx.Response]) -> None:
    """One customer sends all the while, the other asks for what it has."""
    newest = (await customer.http.get("/messages")).json()["data"][0]
    while True:
        answers.append(await busy.send("load", sessionId=session_id))
        answers.append(await customer.http.get(f"/messages/{newest['id']}"))
        answers.append(await customer.http.get(f"/sessions/{newest['sessionId']}"))


async def indexes_of(database: Any) -> dict[str, set[str]]:
    return {name: set(await database[name].index_information()) for name in OF_ACCOUNT}


async def hands_over(griot: Griot) -> bool:
    names = await griot.database["generation"].find_one({"_id": "live"})
    return names is not None and names["read"] != names["written"]


async def is_up_to_date(griot: Griot, kafka: str) -> bool:
    return await is_read_to_the_end(kafka, (await griot.live())["positions"], PROJECTED)


async def documents(database: Any, customer: Customer) -> dict[str, list[dict[str, Any]]]:
    """The customer's own: of others' in this log, MongoDB forgets the old ones in a moment of its choice."""
    mine = {"account_id": customer.account_id}
    found = {name: await database[name].find(mine).sort("_id").to_list() for name in OF_ACCOUNT}
    return found | {"accounts": await database["accounts"].find({"_id": customer.account_id}).to_list()}


async def read(griot: Griot, customer: Customer) -> int:
    mine = {"account_id": customer.account_id, "status": "read"}
    return int(await (await griot.live())["messages"].count_documents(mine))


async def is_counted(customer: Customer, database: Any) -> bool:
    sent = (await customer.http.get("/account")).json()["sentToday"]
    return bool(sent == await counted(database, customer) == await accepted_in(database, customer))


async def accepted_in(database: Any, customer: Customer) -> int:
    mine = {"account_id": customer.account_id, "status": {"$ne": "rejected"}}
    return int(await database["messages"].count_documents(mine))


async def counted_now(griot: Griot, customer: Customer) -> int:
    return await counted(await griot.live(), customer)


async def counted(database: Any, customer: Customer) -> int:
    usage = await database["usage"].find({"account_id": customer.account_id}).to_list()
    return sum(document["sent"] for document in usage)
