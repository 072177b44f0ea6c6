"""Any one process, killed amid a hundred sends: nothing is lost, nothing doubled in silence."""

import asyncio
import contextlib
from collections import Counter
from datetime import timedelta
from typing import Any

import httpx
import pytest

from fakewhatsapp.client import RemoteNetwork
from fakewhatsapp.ledger import Filter
from griot_local.client import RefusedError
from griot_local.stack import PROGRAMS, Stack
from tests.e2e.people import Account, a_number, opened_account
from tests.support import eventually

SENDS = 100
KILL_AFTER = 30
SETTLED_WITHIN = timedelta(seconds=90)
ENDED = {"delivered", "read", "failed", "unknown"}

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.mark.parametrize("name", PROGRAMS)
async def test_a_hundred_messages_survive_the_death_of(
    name: str, stack: Stack, network: RemoteNetwork
) -> None:
    async with opened_account(stack.api_url) as ada:
        recipient = network.phone(a_number())
        client = Client(ada, await ada.connected_session(network.phone(a_number())), recipient.number)

        restarted: asyncio.Task[None] | None = None
        for n in range(SENDS):
            if n == KILL_AFTER:
                stack.processes[name].crash()
                restarted = asyncio.create_task(stack.processes[name].wait_ready())
            await client.send(f"message {n}")
        assert restarted is not None
        await restarted

        messages = await eventually(
            client.all_ended, within=SETTLED_WITHIN, what="every message comes to an end"
        )

    entries = await network.ledger.entries(Filter(recipient=recipient.number))
    shown = Counter(entry.text for entry in entries)
    doubtful = {m["id"] for m in messages if "unknown" in [step["status"] for step in m["timeline"]]}
    wrong = {
        text: times
        for message_id, text in client.accepted.items()
        if (times := shown[text]) != 1 and not (message_id in doubtful and times)
    }
    assert not wrong, f"shown as often as this: {wrong}; told as unknown: {len(doubtful)}"
    assert len(client.accepted) == SENDS


class Client:
    """Sends one message after the other, and comes again as it is told to when Griot cannot answer."""

    def __init__(self, account: Account, session_id: str, to: str) -> None:
        self.accepted: dict[str, str] = {}
        self._account = account
        self._session_id = session_id
        self._to = to

    async def send(self, text: str) -> None:
        await eventually(lambda: self._try(text), within=timedelta(seconds=60), what=f"{text!r} is accepted")

    async def _try(self, text: str) -> bool:
        try:
            message_id = await self._account.send(self._to, text, session_id=self._session_id)
        except RefusedError as refusal:
            if refusal.answer.status_code not in {409, 503}:
                raise
            return False
        except httpx.TransportError:
            # The answer was cut off, so whether the message was accepted is for its list to say.
            found = await self._accepted_unheard()
            if found is None:
                return False
            message_id = found
        self.accepted[message_id] = text
        return True

    async def _accepted_unheard(self) -> str | None:
        async def look() -> list[str]:
            listed = (await self._account.api.get("/messages?limit=5")).body["data"]
            return [message["id"] for message in listed if message["id"] not in self.accepted]

        async def answers() -> bool:
            with contextlib.suppress(httpx.TransportError, RefusedError):
                await look()
                return True
            return False

        await eventually(answers, within=timedelta(seconds=60), what="the api is back")
        with contextlib.suppress(AssertionError):
            return (await eventually(look, within=timedelta(seconds=3), what="it was accepted"))[0]
        return None

    async def all_ended(self) -> list[dict[str, Any]] | None:
        messages = [await self._account.message(message_id) for message_id in self.accepted]
        return messages if all(message["status"] in ENDED for message in messages) else None
