"""The read side is a reading of the log: dropped and read again, it is the same."""

from typing import Any

import pytest

from api.projector.adapters import rebuild
from griot_chassis import clock
from griot_contracts import topics
from griot_contracts.messages import MessageQueued, MessageRead, MessageSent
from griot_contracts.sessions import SessionStatus
from tests.integration.api.conftest import SOON, Customer, Griot, sign_up
from tests.support import eventually
from tests.topics import is_read_to_the_end

PROJECTED = (topics.ACCOUNT_EVENTS, topics.SESSION_EVENTS, topics.MESSAGE_EVENTS)
COLLECTIONS = ("accounts", "api_keys", "sessions", "messages", "usage")


@pytest.mark.slow
async def test_dropped_and_rebuilt_the_documents_are_the_same(griot: Griot, kafka: str) -> None:
    customers = [await sign_up(griot), await sign_up(griot)]
    for customer in customers:
        await lived(customer)
    await eventually(lambda: read(griot, customers), equals=2 * 6, within=SOON, what="all is projected")
    await eventually(lambda: is_up_to_date(griot, kafka), within=SOON, what="all of the log is projected")
    before = await documents(griot)

    await griot.processes["projector"].kill()
    await rebuild(griot.database)
    assert await documents(griot) == {name: [] for name in COLLECTIONS}
    await griot.processes["projector"].start()

    await eventually(lambda: is_up_to_date(griot, kafka), within=SOON, what="all of it is projected again")
    assert await documents(griot) == before
    for customer in customers:
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

    await eventually(lambda: counted(griot, customer), equals=30, within=SOON, what="all are counted once")
    await customer.http.aclose()


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


async def is_up_to_date(griot: Griot, kafka: str) -> bool:
    return await is_read_to_the_end(kafka, griot.database["positions"], PROJECTED)


async def documents(griot: Griot) -> dict[str, list[dict[str, Any]]]:
    return {name: await griot.database[name].find().sort("_id").to_list() for name in COLLECTIONS}


async def read(griot: Griot, customers: list[Customer]) -> int:
    mine = {"account_id": {"$in": [customer.account_id for customer in customers]}, "status": "read"}
    return int(await griot.database["messages"].count_documents(mine))


async def counted(griot: Griot, customer: Customer) -> int:
    usage = await griot.database["usage"].find({"account_id": customer.account_id}).to_list()
    return sum(document["sent"] for document in usage)
