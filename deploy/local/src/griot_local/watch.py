"""Draws the QR codes of an account's sessions in the terminal: all that a person needs to link a phone."""

import asyncio
import json

import httpx

from griot_local.client import GriotApi, RefusedError
from griot_local.screen import Screen

_LOOK_EVERY = 2.0
_WAITING_FOR_A_SCAN = ("starting", "awaiting_scan")


async def draw_qr_codes(api: GriotApi, screen: Screen) -> None:
    """Look for sessions that wait to be linked, and follow each until it is, for as long as Griot runs."""
    async with asyncio.TaskGroup() as followers:
        followed: set[str] = set()
        while True:
            for session in await _sessions(api):
                if session["status"] in _WAITING_FOR_A_SCAN and session["id"] not in followed:
                    followed.add(session["id"])
                    followers.create_task(_follow(api, session, screen))
            await asyncio.sleep(_LOOK_EVERY)


async def _sessions(api: GriotApi) -> list[dict[str, str]]:
    try:
        sessions: list[dict[str, str]] = (await api.get("/sessions")).body["data"]
    except (httpx.TransportError, RefusedError):  # the api is being restarted; it is asked again
        return []
    return sessions


async def _follow(api: GriotApi, session: dict[str, str], screen: Screen) -> None:
    name = session["session_key"]
    try:
        async for event in api.events(session["id"]):
            if event.event == "qr":
                screen.heading(f"Session {name}: on the phone, WhatsApp > Linked devices > Link a device")
                screen.qr_code(json.loads(event.data)["code"])
            elif event.event == "connected":
                screen.step(f"session {name} is connected", "")
                return
            elif event.event == "error":
                screen.failed(f"session {name}: {event.data}")
                return
    except (httpx.TransportError, RefusedError) as error:
        screen.failed(f"session {name}: its stream ended ({error})")
