"""Draws the QR codes of an account's sessions in the terminal: all that a person needs to link a phone."""

import asyncio
import json
from typing import Any

import httpx

from griot_local.client import GriotApi, RefusedError
from griot_local.screen import Screen

_LOOK_EVERY = 2.0
_WAITING_FOR_A_SCAN = ("starting", "awaiting_scan")


async def draw_qr_codes(api: GriotApi, screen: Screen) -> None:
    """Look for sessions that wait to be linked, and follow each until it is, for as long as Griot runs."""
    followers: dict[str, asyncio.Task[None]] = {}
    async with asyncio.TaskGroup() as group:
        while True:
            for session in await _sessions(api):
                follower = followers.get(session["id"])
                if session["status"] in _WAITING_FOR_A_SCAN and (follower is None or follower.done()):
                    followers[session["id"]] = group.create_task(_follow(api, session, screen))
            await asyncio.sleep(_LOOK_EVERY)


async def _sessions(api: GriotApi) -> list[dict[str, str]]:
    try:
        sessions: list[dict[str, str]] = (await api.get("/sessions")).body["data"]
    except (httpx.TransportError, RefusedError):  # the api is being restarted; it is asked again
        return []
    return sessions


async def _follow(api: GriotApi, session: dict[str, str], screen: Screen) -> None:
    try:
        async for event in api.events(session["id"]):
            _tell(f"session {session['session_key']}", event.event, json.loads(event.data), screen)
            if event.event in ("connected", "error"):
                return
    except (httpx.TransportError, RefusedError):  # the same
        return


def _tell(session: str, event: str, said: dict[str, Any], screen: Screen) -> None:
    match event:
        case "qr":
            screen.heading(f"{session}: on the phone, WhatsApp > Linked devices > Link a device")
            screen.qr_code(said["code"])
        case "connected":
            screen.step(f"{session} is connected", said["phone"])
        case "error":
            screen.failed(f"{session}: {said['code']} {said['detail'] or ''}")
        case _:
            screen.step(f"{session} is {said['status']}", said["reason"] or "")
