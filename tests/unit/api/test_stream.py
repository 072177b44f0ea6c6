import base64
import json
from typing import Any

import pytest
from fastapi.sse import ServerSentEvent

from api import stream
from api.live import Heard
from api.projector.projections import evolve
from griot_contracts.sessions import QrCodeIssued, SessionStatus
from tests.unit.api.events import ACCOUNT, NOON, SESSION, after, session_created, session_deleted, stands

CODE = QrCodeIssued(account_id=ACCOUNT, at=NOON, session_id=SESSION, code="2@code", expires_at=after(20))


def data(event: ServerSentEvent | None) -> dict[str, Any]:
    assert event is not None
    assert event.raw_data is not None
    body: dict[str, Any] = json.loads(event.raw_data)
    return body


async def test_a_code_carries_the_text_its_end_and_a_picture() -> None:
    event = await stream.of_heard(Heard(CODE, 7))

    assert event is not None
    assert (event.event, event.id) == ("qr", "q7")
    assert (data(event)["code"], data(event)["expiresAt"]) == ("2@code", "2026-03-14T12:00:20.000Z")
    kind, _, picture = data(event)["image"].partition(",")
    assert kind == "data:image/png;base64"
    assert base64.b64decode(picture).startswith(b"\x89PNG")


async def test_connected_is_an_event_of_its_own() -> None:
    event = await stream.of_heard(Heard(stands(SessionStatus.CONNECTED, phone="+237600000000"), 3))

    assert event is not None
    assert (event.event, event.id, data(event)["phone"]) == ("connected", "s3", "+237600000000")


@pytest.mark.parametrize(
    ("status", "reason", "retryable"),
    [
        (SessionStatus.FAILED, "pairing_timeout", True),
        (SessionStatus.FAILED, "client_outdated", False),
        (SessionStatus.LOGGED_OUT, "unlinked_from_phone", True),
        (SessionStatus.RESTRICTED, "temporary_ban", True),
    ],
)
async def test_an_error_says_whether_another_try_is_worth_it(
    status: SessionStatus, reason: str, *, retryable: bool
) -> None:
    event = await stream.of_heard(Heard(stands(status, reason=reason), 3))

    assert event is not None
    assert (event.event, data(event)["code"], data(event)["retryable"]) == ("error", reason, retryable)


async def test_an_error_without_a_reason_has_a_code_all_the_same() -> None:
    event = await stream.of_heard(Heard(stands(SessionStatus.FAILED), 3))

    assert data(event)["code"] == "failed"


@pytest.mark.parametrize("event", [stands(SessionStatus.DISCONNECTED), session_deleted()])
async def test_all_else_is_a_status(event: Any) -> None:
    told = await stream.of_heard(Heard(event, 3))

    assert told is not None
    assert told.event == "status"


async def test_who_comes_late_is_told_the_code_that_a_phone_can_scan_now() -> None:
    session = evolve(evolve(None, session_created(), 0), stands(SessionStatus.AWAITING_SCAN), 1)
    assert session is not None

    assert (await stream.now_standing(session, Heard(CODE, 7))).id == "q7"
    assert (await stream.now_standing(session, None)).event == "status"


async def test_who_comes_late_is_told_connected_and_no_code() -> None:
    session = evolve(evolve(None, session_created(), 0), stands(SessionStatus.CONNECTED), 1)
    assert session is not None

    event = await stream.now_standing(session, Heard(CODE, 7))

    assert (event.event, event.id) == ("connected", "s1")
