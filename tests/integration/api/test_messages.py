from collections import Counter
from datetime import timedelta

import pytest

from griot_chassis import clock
from griot_contracts.messages import MessageDelivered, MessageQueued, MessageSending, MessageSent
from griot_contracts.sessions import SessionStatus
from tests.integration.api.conftest import RECIPIENT, Customer
from tests.support import eventually


async def test_a_message_taken_is_found_at_once(ada: Customer) -> None:
    session_id = await ada.connected_session()

    answer = await ada.send("Hello")

    taken = answer.json()
    assert answer.status_code == 202
    assert taken == {"id": taken["id"], "toPhone": RECIPIENT, "type": "text", "status": "pending"}
    message = (await ada.http.get(f"/messages/{taken['id']}")).json()
    assert (message["message"], message["sessionId"]) == ("Hello", session_id)
    assert [step["status"] for step in message["timeline"]] == ["pending"]
    listed = (await ada.http.get("/messages")).json()["data"]
    assert [entry["id"] for entry in listed] == [taken["id"]]


async def test_a_message_shows_every_step_of_its_way(ada: Customer) -> None:
    session_id = await ada.connected_session()
    message_id = (await ada.send()).json()["id"]
    what = {"account_id": ada.account_id, "session_id": session_id, "message_id": message_id}

    await ada.griot.happened(
        MessageQueued(**what, at=clock.now()),
        MessageSending(**what, at=clock.now(), attempt=1),
        MessageSent(**what, at=clock.now(), whatsapp_message_id="3EB0"),
        MessageDelivered(**what, at=clock.now()),
    )

    await eventually(lambda: status(ada, message_id), equals="delivered", what="it is delivered")
    message = (await ada.http.get(f"/messages/{message_id}")).json()
    assert [step["status"] for step in message["timeline"]] == [
        "pending",
        "queued",
        "sending",
        "sent",
        "delivered",
    ]
    assert message["whatsappMessageId"] == "3EB0"


async def test_without_a_connected_session_nothing_is_taken(ada: Customer) -> None:
    assert (await ada.send()).json()["code"] == "session_not_connected"

    session_id = await ada.connected_session()
    await ada.stands(session_id, SessionStatus.DISCONNECTED)

    for answer in (await ada.send(), await ada.send(sessionId=session_id)):
        assert (answer.status_code, answer.json()["code"]) == (409, "session_not_connected")


async def test_the_session_connected_first_sends_unless_another_is_named(ada: Customer) -> None:
    first, second = await ada.connected_session("one"), await ada.connected_session("two")

    by = [await ada.send(), await ada.send(session_key="two"), await ada.send(sessionId=second)]

    assert [await sender(ada, answer.json()["id"]) for answer in by] == [first, second, second]


async def test_another_accounts_session_and_message_are_not_found(ada: Customer, bob: Customer) -> None:
    session_id = await bob.connected_session("bobs")
    message_id = (await bob.send()).json()["id"]

    for answer, code in (
        (await ada.send(sessionId=session_id), "session_not_found"),
        (await ada.send(session_key="bobs"), "session_not_found"),
        (await ada.http.get(f"/messages/{message_id}"), "message_not_found"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, code)
    assert (await ada.http.get("/messages", params={"sessionId": session_id})).json()["data"] == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"message": "Hello"}, "to"),
        ({"to": RECIPIENT}, "message"),
        ({"to": "12", "message": "Hello"}, "to"),
        ({"to": RECIPIENT, "message": " "}, "message"),
        ({"to": RECIPIENT, "message": "x" * 65_537}, "message"),
        ({"to": RECIPIENT, "message": 5}, "message"),
        ({"to": RECIPIENT, "message": "Hello", "mesage": "Hello"}, "mesage"),
    ],
)
async def test_a_body_that_is_not_one_is_refused_by_its_field(
    ada: Customer, body: dict[str, object], field: str
) -> None:
    answer = await ada.http.post("/messages", json=body)

    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["X-Request-Id"] == answer.json()["requestId"]


@pytest.mark.parametrize("path", ["/messages", "/messages/media", "/messages/audio"])
@pytest.mark.parametrize(
    "send_at",
    ["tomorrow", 1_700_000_000, "2036-03-14T08:00:00", "2016-03-14T08:00:00Z", "2036-03-14T08:00:00+01:00"],
    ids=["words", "a number", "no offset", "past", "too far ahead"],
)
async def test_a_moment_that_is_none_of_the_next_thirty_days_is_refused(
    ada: Customer, path: str, send_at: object
) -> None:
    what = {
        "/messages": {"message": "Hello"},
        "/messages/media": {"mediaUrl": "https://example.com/goat.jpg", "mediaType": "image"},
        "/messages/audio": {"audioUrl": "https://example.com/goat.mp3"},
    }
    answer = await ada.http.post(path, json={"to": RECIPIENT, "sendAt": send_at, **what[path]})

    assert (answer.status_code, answer.json()["field"]) == (422, "sendAt")


async def test_a_scheduled_message_is_taken_at_once_and_a_repeat_after_its_moment_is_answered_the_same(
    ada: Customer,
) -> None:
    await ada.connected_session()
    soon = clock.now() + timedelta(seconds=2)
    body = {"to": RECIPIENT, "message": "Hello", "sendAt": soon.isoformat()}
    key = {"Idempotency-Key": "an order"}

    first = await ada.http.post("/messages", json=body, headers=key)
    await eventually(lambda: clock.now() > soon, what="its moment has passed")
    again = await ada.http.post("/messages", json=body, headers=key)

    assert (first.status_code, first.json()) == (again.status_code, again.json())
    shown = (await ada.http.get(f"/messages/{first.json()['id']}")).json()
    assert (shown["status"], shown["sendAt"][:19]) == ("pending", soon.isoformat()[:19])


async def test_what_has_come_to_its_end_is_not_cancelled_and_what_nobody_decides_on_may_be_asked_again(
    ada: Customer, bob: Customer
) -> None:
    session_id = await ada.connected_session()
    message_id = (await ada.send()).json()["id"]
    what = {"account_id": ada.account_id, "session_id": session_id, "message_id": message_id}

    undecided = await ada.http.delete(f"/messages/{message_id}")  # there is no dispatcher here
    assert (undecided.status_code, undecided.json()["code"]) == (503, "not_decided_yet")
    assert (await bob.http.delete(f"/messages/{message_id}")).status_code == 404
    await ada.griot.happened(MessageSent(**what, at=clock.now(), whatsapp_message_id="3EB0"))
    await eventually(lambda: status(ada, message_id), equals="sent", what="it is sent")
    late = await ada.http.delete(f"/messages/{message_id}")

    assert (late.status_code, late.json()["code"]) == (409, "message_not_cancellable")


async def test_half_a_character_is_refused(ada: Customer) -> None:
    body = b'{"to": "+237612345678", "message": "\\ud800"}'

    answer = await ada.http.post("/messages", content=body, headers={"Content-Type": "application/json"})

    assert (answer.status_code, answer.json()["field"]) == (422, "message")


@pytest.mark.slow
async def test_the_101st_message_of_a_free_day_is_refused_until_the_day_ends(ada: Customer) -> None:
    await ada.connected_session()
    for left in range(99, -1, -1):
        answer = await ada.send()
        assert (answer.status_code, answer.headers["RateLimit-Remaining"]) == (202, str(left))

    for _ in range(2):  # once by the quota service, once from memory
        answer = await ada.send()
        assert (answer.status_code, answer.json()["code"]) == (429, "daily_limit_reached")
        assert 0 < int(answer.headers["Retry-After"]) <= 86_400
        assert answer.headers["RateLimit-Reset"] == answer.headers["Retry-After"]

    assert (await ada.http.get("/account")).json()["sentToday"] == 100
    told = {"pending": 100, "rejected": 1}  # what was refused from memory left no trace
    await eventually(lambda: counted(ada), equals=told, what="all are listed")


async def test_messages_are_found_by_what_they_are(ada: Customer) -> None:
    session_id = await ada.connected_session()
    message_id = (await ada.send()).json()["id"]
    later = (clock.now() + timedelta(seconds=5)).isoformat()

    for params, found in (
        ({"status": "pending"}, True),
        ({"status": "sent"}, False),
        ({"sessionId": session_id, "type": "text", "to": RECIPIENT}, True),
        ({"to": "+237600000000"}, False),
        ({"type": "image"}, False),
        ({"from": later}, False),
        ({"until": later}, True),
    ):
        data = (await ada.http.get("/messages", params=params)).json()["data"]
        assert [message["id"] for message in data] == ([message_id] if found else []), params


async def test_a_list_is_newest_first_fifty_at_a_time_and_goes_on_under_the_same_filter(
    ada: Customer,
) -> None:
    await ada.connected_session()
    sent = [(await ada.send(str(number))).json()["id"] for number in range(53)]

    first = (await ada.http.get("/messages", params={"to": RECIPIENT})).json()
    wanted = {"to": RECIPIENT, "cursor": first["nextCursor"]}
    rest = (await ada.http.get("/messages", params=wanted)).json()

    assert first.keys() == rest.keys() == {"data", "nextCursor"}
    assert [message["id"] for message in first["data"]] == sent[:2:-1]
    assert [message["id"] for message in rest["data"]] == sent[2::-1]
    assert rest["nextCursor"] is None


@pytest.mark.parametrize(
    "params",
    [
        {"limit": 0},
        {"limit": 101},
        {"cursor": "x"},
        {"status": "gone"},
        {"type": "fax"},
        {"from": "noon"},
        {"to": "12"},
        {"stauts": "failed"},
    ],
)
async def test_a_list_asked_for_wrongly_is_refused(ada: Customer, params: dict[str, str | int]) -> None:
    answer = await ada.http.get("/messages", params=params)

    assert (answer.status_code, answer.json()["field"]) == (422, next(iter(params)))


async def counted(customer: Customer) -> dict[str, int]:
    """How many messages stand where."""
    return dict(Counter(str(message["status"]) for message in await every_message(customer)))


async def every_message(customer: Customer) -> list[dict[str, object]]:
    found, params = [], {"limit": "40"}
    while True:
        part = (await customer.http.get("/messages", params=params)).json()
        found += part["data"]
        if part["nextCursor"] is None:
            return found
        params["cursor"] = part["nextCursor"]


async def status(customer: Customer, message_id: str) -> str:
    return str((await customer.http.get(f"/messages/{message_id}")).json()["status"])


async def sender(customer: Customer, message_id: str) -> str:
    return str((await customer.http.get(f"/messages/{message_id}")).json()["sessionId"])
