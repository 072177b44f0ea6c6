"""Those who use Griot in these tests: an account with its key and its sessions."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx

from fakewhatsapp.client import RemotePhone
from griot_local.client import GriotApi
from tests.support import SOON, eventually


class Account:
    """An account and its first key, over the public API alone."""

    def __init__(self, api: GriotApi, opened: dict[str, Any], url: str) -> None:
        self.url = url
        self.api = api
        self.id: str = opened["id"]
        self.key: str = opened["key"]

    async def create_session(self) -> str:
        """A session that is being connected; the answer is its id."""
        session = await self.api.post("/sessions", {"session_key": f"s-{secrets.token_hex(4)}"})
        return str(session.body["id"])

    async def connected_session(self, phone: RemotePhone) -> str:
        """A session that `phone` has scanned, once the stream says that it is connected."""
        session_id = await self.create_session()
        async with asyncio.timeout(SOON.total_seconds()):
            async for event in self.api.events(session_id):
                if event.event == "qr":
                    await phone.scan(json.loads(event.data)["code"])
                elif event.event == "connected":
                    break
        return session_id

    async def patch(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Change something, expecting 200."""
        answer = await self.ask("PATCH", path, json=body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def delete(self, path: str) -> int:
        return (await self.ask("DELETE", path)).status_code

    async def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.key}"}
        async with httpx.AsyncClient(headers=headers, timeout=20, trust_env=False) as http:
            return await http.request(method, f"{self.url}/api/v1{path}", **more)

    async def send(self, to: str, text: str, *, session_id: str | None = None) -> str:
        """Send, expecting 202; the answer is the message's id."""
        body = {"to": to, "message": text} | ({"sessionId": session_id} if session_id else {})
        answer = await self.api.post("/messages", body)
        assert (answer.status, answer.body["status"]) == (202, "pending")
        return str(answer.body["id"])

    async def message(self, message_id: str) -> dict[str, Any]:
        return dict((await self.api.get(f"/messages/{message_id}")).body)

    async def wait_for_status(
        self, message_id: str, status: str, *, within: timedelta = SOON
    ) -> dict[str, Any]:
        """The message once it has that status."""

        async def reached() -> dict[str, Any] | None:
            message = await self.message(message_id)
            return message if message["status"] == status else None

        found: dict[str, Any] | None = await eventually(
            reached, within=within, what=f"message {message_id} becomes {status}"
        )
        assert found is not None
        return found


@asynccontextmanager
async def opened_account(api_url: str) -> AsyncIterator[Account]:
    """A new account on the free plan."""
    credentials = {
        "email": f"{secrets.token_hex(6)}@example.com",
        "password": secrets.token_urlsafe(16),
        "name": "Ada",
    }
    async with GriotApi(api_url) as stranger:
        opened = (await stranger.post("/accounts", credentials)).body
    async with GriotApi(api_url, opened["key"]) as api:
        yield Account(api, opened, api_url)


def a_number() -> str:
    """A telephone number that no other test uses."""
    return f"+2376{secrets.randbelow(10**8):08d}"
