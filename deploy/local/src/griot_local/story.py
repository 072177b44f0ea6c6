"""The way of one message, told on the terminal with the real answers, each step checked."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from fakewhatsapp.client import RemoteNetwork, RemotePhone
from griot_local.client import GriotApi
from griot_local.screen import Screen

SENDER = "+237650000001"
RECIPIENT = "+237650000002"
TEXT = "Hello from Griot"
STATUSES = ("pending", "sent", "delivered", "read")
STEP_WITHIN = timedelta(seconds=30)


class StoryError(Exception):
    """A step did not go as it should; the words say which and how."""


@dataclass(frozen=True)
class Told:
    """What is left of the story for going on by hand."""

    key: str
    phone: RemotePhone


async def tell(api: GriotApi, network: RemoteNetwork, screen: Screen) -> Told:
    """Open an account, link a phone, send it a message, and follow that until it has been read.

    Raises:
        StoryError: a step gave another answer than it should, or none in time.
        RefusedError: the API refused a step.
    """
    key = await _open_account(api, screen)
    async with api.with_key(key) as owner:
        session_id = await _create_session(owner, screen)
        await _link(owner, session_id, network.phone(SENDER), screen)
        phone = network.phone(RECIPIENT)
        await _send(owner, phone, screen)
    return Told(key, phone)


async def _open_account(api: GriotApi, screen: Screen) -> str:
    email = f"ada-{secrets.token_hex(4)}@example.com"  # new each time, for servers that outlive the demo
    credentials = {"email": email, "password": secrets.token_urlsafe(16), "name": "Ada"}
    account = await api.post("/accounts", credentials)
    _expect("an account is opened", account.status, 201)
    screen.step("an account is opened", f"201 {account.body['id']}, plan {account.body['plan']}")
    async with api.with_key(account.body["key"]) as owner:
        key = await owner.post("/keys", {"name": "demo"})
    _expect("a key is made", key.status, 201)
    screen.step("a key is made", f"201 {key.body['key']}")
    return str(key.body["key"])


async def _create_session(owner: GriotApi, screen: Screen) -> str:
    session = await owner.post("/sessions", {"session_key": "my-session"})
    _expect("a session is created", session.status, 201)
    screen.step("a session is created", f"201 {session.body['id']}, {session.body['status']}")
    return str(session.body["id"])


async def _link(owner: GriotApi, session_id: str, phone: RemotePhone, screen: Screen) -> None:
    """Follow the session's stream: the phone scans the QR code it brings, and the session is connected."""
    title = "the session's stream"
    async with _within(STEP_WITHIN, "`connected` arrives on the stream"):
        async for name, data in _events(owner, session_id):
            if name == "qr":
                screen.step(f"{title}: qr", f"good until {data['expiresAt']}")
                screen.qr_code(data["code"])
                await phone.scan(data["code"])
                screen.step("the phone scans it", SENDER)
            elif name == "connected":
                screen.step(f"{title}: connected", json.dumps(data))
                return
            elif name == "error":
                raise StoryError(f"{title}: {data}")
    raise StoryError(f"{title} ended before the session was connected")


async def _send(owner: GriotApi, phone: RemotePhone, screen: Screen) -> None:
    accepted = await owner.post("/messages", {"to": RECIPIENT, "message": TEXT})
    _expect("POST /api/v1/messages", accepted.status, 202)
    _expect("the message's status", accepted.body["status"], "pending")
    screen.step("POST /api/v1/messages", f"202 {json.dumps(accepted.body)}")

    async with _within(STEP_WITHIN, "the phone shows the message"):
        shown = await phone.next_message(within=STEP_WITHIN)
    _expect("the phone's text", shown.text, TEXT)
    screen.step("the phone shows", f"{shown.text!r}, decrypted on {RECIPIENT}")

    await _wait_for_status(owner, accepted.body["id"], "delivered")
    await phone.read(shown)
    message = await _wait_for_status(owner, accepted.body["id"], "read")
    passed = [step["status"] for step in message["timeline"]]
    screen.step("the message's way", " → ".join(passed))
    _expect("the message's way", [status for status in passed if status in STATUSES], list(STATUSES))


async def _wait_for_status(owner: GriotApi, message_id: str, status: str) -> dict[str, Any]:
    message: dict[str, Any] = {}
    async with _within(STEP_WITHIN, f"the message becomes {status}"):
        while message.get("status") != status:
            await asyncio.sleep(0.05)
            message.update((await owner.get(f"/messages/{message_id}")).body)
    return message


async def _events(owner: GriotApi, session_id: str) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    async for event in owner.events(session_id):
        yield event.event, json.loads(event.data) if event.data else {}


@asynccontextmanager
async def _within(duration: timedelta, what: str) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(duration.total_seconds()):
            yield
    except TimeoutError:
        raise StoryError(f"{what}: not within {duration.total_seconds():.0f} s") from None


def _expect(what: str, seen: object, wanted: object) -> None:
    if seen != wanted:
        raise StoryError(f"{what}: {wanted!r} was expected, not {seen!r}")
