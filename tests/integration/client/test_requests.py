"""What the client asks, how often, and what it makes of the answers: both clients, over a real connection."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import griot
from griot import GriotError, LimitReachedError, NotFoundError, UnavailableError, ValidationError
from griot_local.ports import free_port
from tests.integration.client.conftest import KEY, NO_TIME, Asking, Reply, Teller, problem

AWAY = problem(503, "unavailable", headers={"Retry-After": "0"})
CUT = Reply(status=None)
SESSION = {
    "id": "s1",
    "session_key": "shop",
    "status": "starting",
    "reason": None,
    "phone": None,
    "desiredState": "connected",
    "isDefault": False,
    "whenDisconnected": "reject",
    "whenUnknown": "resend",
    "pacing": None,
    "createdAt": "2026-01-02T03:04:05.000Z",
    "statusChangedAt": "2026-01-02T03:04:05.000Z",
}


def hello(client: Any) -> Any:
    return client.messages.send(to="+237612345678", text="Hello", session_key="shop")


async def test_a_message_is_sent_with_the_key_and_an_idempotency_key(
    ask: Asking, server: Teller, taken: Reply
) -> None:
    server.answers(taken)

    sent = await ask(hello)

    [asked] = server.asked
    assert (asked.method, asked.target) == ("POST", "/api/v1/messages")
    assert asked.body == {"to": "+237612345678", "message": "Hello", "session_key": "shop"}
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert uuid.UUID(asked.headers["idempotency-key"]).version == 4
    assert (sent.id, sent.to_phone, sent.status) == ("m1", "+237612345678", "pending")


async def test_each_message_has_an_idempotency_key_of_its_own_unless_one_is_given(
    ask: Asking, server: Teller, taken: Reply
) -> None:
    server.answers(taken, taken, taken)

    for _ in range(2):
        await ask(hello)
    await ask(lambda client: client.messages.send(to="+1", text="x", idempotency_key="order-17"))

    keys = [asked.headers["idempotency-key"] for asked in server.asked]
    assert len(set(keys)) == 3
    assert keys[2] == "order-17"


@pytest.mark.parametrize("first", [AWAY, CUT, Reply(502, "from a proxy")], ids=["503", "cut", "502"])
async def test_a_message_is_sent_again_as_the_same_request(
    ask: Asking, server: Teller, taken: Reply, first: Reply
) -> None:
    server.answers(first, first, taken)

    assert (await ask(hello)).id == "m1"

    assert len(server.asked) == 3
    assert len({asked.headers["idempotency-key"] for asked in server.asked}) == 1
    assert all(asked.body == server.asked[0].body for asked in server.asked)


async def test_a_limit_that_resets_soon_is_waited_for(ask: Asking, server: Teller, taken: Reply) -> None:
    server.answers(problem(429, "too_many_requests", headers={"Retry-After": "1"}), taken)

    assert (await ask(hello)).id == "m1"
    assert len(server.asked) == 2


async def test_a_limit_that_does_not_is_told_with_the_time_when_it_does(ask: Asking, server: Teller) -> None:
    headers = {"Retry-After": "40000", "RateLimit-Reset": "40000"}
    server.answers(problem(429, "daily_limit_reached", headers=headers))

    with pytest.raises(LimitReachedError) as reached:
        await ask(hello)

    assert len(server.asked) == 1
    assert reached.value.retry_after == timedelta(seconds=40_000)
    assert reached.value.resets_at is not None
    assert timedelta(hours=11) < reached.value.resets_at - datetime.now(UTC) < timedelta(hours=12)


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (401, "key_invalid", griot.AuthenticationError),
        (403, "insufficient_scope", griot.PermissionDeniedError),
        (404, "session_not_found", griot.NotFoundError),
        (409, "session_key_taken", griot.ConflictError),
        (409, "session_not_connected", griot.SessionNotConnectedError),
        (413, "body_too_large", griot.ValidationError),
        (422, "impossible_number", griot.ValidationError),
        (429, "session_limit_reached", griot.LimitReachedError),
        (500, "internal_error", griot.UnexpectedAnswerError),
    ],
)
async def test_a_refusal_is_told_once_as_what_can_be_done_about_it(
    ask: Asking, server: Teller, status: int, code: str, expected: type[griot.ProblemError]
) -> None:
    server.answers(problem(status, code))

    with pytest.raises(griot.ProblemError) as refused:
        await ask(hello)

    error = refused.value
    assert type(error) is expected
    assert (error.code, error.detail, error.request_id) == (code, f"It is {code}.", "r1")
    assert (error.problem.status, len(server.asked)) == (status, 1)


async def test_every_field_at_fault_is_named(ask: Asking, server: Teller) -> None:
    fault = {"field": "to", "code": "impossible_number", "detail": "is too short"}
    server.answers(problem(422, "impossible_number", field="to", errors=[fault]))

    with pytest.raises(ValidationError) as refused:
        await ask(hello)

    assert refused.value.field == "to"
    assert [(one.field, one.detail) for one in refused.value.errors] == [("to", "is too short")]


@pytest.mark.parametrize("answer", [Reply(200, "hello"), Reply(418, ["a", "teapot"])])
async def test_what_is_not_griot_is_told_as_that(ask: Asking, server: Teller, answer: Reply) -> None:
    server.answers(answer)

    with pytest.raises(griot.UnexpectedAnswerError):
        await ask(lambda client: client.account())


async def test_patience_ends(ask: Asking, server: Teller) -> None:
    server.answers(*[CUT] * 50)

    with pytest.raises(UnavailableError) as away:
        await ask(hello, retry_for=timedelta(seconds=1))

    assert away.value.code == "no_answer"
    assert 1 < len(server.asked) < 50


async def test_without_patience_a_request_is_made_once(ask: Asking, server: Teller) -> None:
    server.answers(AWAY)

    with pytest.raises(UnavailableError, match=r"It is unavailable. \(unavailable, request r1\)"):
        await ask(hello, retry_for=NO_TIME)


async def test_where_nobody_listens_is_unavailable(ask: Asking) -> None:
    nowhere = Asking(ask._kind, f"http://127.0.0.1:{free_port()}")

    with pytest.raises(GriotError, match="No answer from Griot"):
        await nowhere(hello, retry_for=NO_TIME)


@pytest.mark.parametrize("lost", [CUT, problem(503, "deletion_under_way", headers={"Retry-After": "0"})])
async def test_a_session_that_is_gone_when_deletion_is_repeated_was_deleted(
    ask: Asking, server: Teller, lost: Reply
) -> None:
    server.answers(lost, problem(404, "session_not_found"))

    await ask(lambda client: client.sessions.delete("s1"))

    assert [asked.method for asked in server.asked] == ["DELETE", "DELETE"]


async def test_a_session_that_was_never_there_is_not_found(ask: Asking, server: Teller) -> None:
    server.answers(problem(404, "session_not_found"))

    with pytest.raises(NotFoundError):
        await ask(lambda client: client.sessions.delete("s1"))


async def test_a_list_goes_on_to_its_end(ask: Asking, server: Teller) -> None:
    second = {**SESSION, "id": "s2", "status": "a status of tomorrow", "more": "of tomorrow"}
    server.answers(
        Reply(200, {"data": [SESSION], "nextCursor": "a=b"}),
        Reply(200, {"data": [second], "nextCursor": None}),
    )

    sessions = await ask(lambda client: client.sessions.list(page_size=1))

    assert [session.id for session in sessions] == ["s1", "s2"]
    assert sessions[1].status == "a status of tomorrow"
    assert [asked.target for asked in server.asked] == [
        "/api/v1/sessions?limit=1",
        "/api/v1/sessions?limit=1&cursor=a%3Db",
    ]
