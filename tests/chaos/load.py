"""Accounts that send while things go wrong, each message under an Idempotency-Key until it is answered."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import httpx

from fakewhatsapp.client import RemoteNetwork
from griot_contracts.sessions import WhenUnknown
from tests.e2e.people import Account, a_number, opened_account
from tests.support import eventually

ACCEPTED: Final = 202
_PROBLEMS: Final = {409, 429, 503}
_AT_THE_LIMIT: Final = "daily_limit_reached"
_WORTH_ANOTHER_TRY: Final = {"session_not_connected", "too_many_requests", "unavailable", "not_decided_yet"}
_ANSWERED_WITHIN: Final = timedelta(minutes=5)
_BREATH_S: Final = 0.3
"""After a refusal at the limit: another one soon says nothing new."""


@dataclass
class Sender:
    """An account, its session and its phone, and what it was told.

    Attributes:
        when_unknown: what its session does with a message of which nobody knows whether it was sent.
        limited: it is on the free plan, and sends more than that allows.
        told: the text of each message that was answered with 202, by the message's id.
        refused: the texts that were answered with 429.
    """

    account: Account
    session_id: str
    number: str
    when_unknown: WhenUnknown
    limited: bool
    told: dict[str, str] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)


class Load:
    """What all senders do until they are told to stop.

    Attributes:
        longest_silence_s: the longest time in which no message was accepted.
    """

    def __init__(self, senders: list[Sender]) -> None:
        self.senders = senders
        self.longest_silence_s = 0.0
        self._heard_at = time.monotonic()
        self._accepted = asyncio.Event()
        self._enough = asyncio.Event()

    def next_accepted(self) -> asyncio.Event:
        """Set when a message is accepted that is sent from now on, or under way."""
        self._accepted = asyncio.Event()
        return self._accepted

    def stop(self) -> None:
        """Begin no more; what was begun is seen through."""
        self._enough.set()

    async def run(self) -> None:
        """Send until stopped.

        Raises:
            AssertionError: a message got an answer that it must not get, or none for minutes.
        """
        async with asyncio.TaskGroup() as group:
            for sender in self.senders:
                group.create_task(self._send_all(sender))

    async def _send_all(self, sender: Sender) -> None:
        headers = {"Authorization": f"Bearer {sender.account.key}"}
        url = f"{sender.account.url}/api/v1"
        async with httpx.AsyncClient(base_url=url, headers=headers, timeout=20, trust_env=False) as http:
            number = 0
            while not self._enough.is_set():
                await self._send(sender, http, f"{sender.number} says {number}")
                number += 1

    async def _send(self, sender: Sender, http: httpx.AsyncClient, text: str) -> None:
        body = {"sessionId": sender.session_id, "to": sender.number, "message": text}

        async def answered() -> bool:
            try:
                answer = await http.post("/messages", json=body, headers={"Idempotency-Key": text})
            except httpx.TransportError:
                return False
            return self._take(sender, text, answer)

        await eventually(answered, within=_ANSWERED_WITHIN, what=f"{text!r} is answered")
        if sender.refused:
            await asyncio.sleep(_BREATH_S)

    def _take(self, sender: Sender, text: str, answer: httpx.Response) -> bool:
        if answer.status_code == ACCEPTED:
            sender.told[answer.json()["id"]] = text
            silence = time.monotonic() - self._heard_at
            self.longest_silence_s = max(self.longest_silence_s, silence)
            self._heard_at += silence
            self._accepted.set()
            return True
        if answer.status_code not in _PROBLEMS:
            raise WrongAnswerError(answer)
        code = answer.json()["code"]
        if code == _AT_THE_LIMIT and sender.limited:
            sender.refused.append(text)
            return True
        if code not in _WORTH_ANOTHER_TRY:
            raise WrongAnswerError(answer)
        return False


class WrongAnswerError(Exception):
    """An answer that nobody should get, whatever has died."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__(f"{answer.status_code}: {answer.text}")


@asynccontextmanager
async def opened_load(
    api_url: str, network: RemoteNetwork, raise_plan: Callable[[str], Awaitable[None]]
) -> AsyncIterator[Load]:
    """Two accounts whose sessions send again what is unknown, two whose sessions do not, one at its limit."""
    async with AsyncExitStack() as stack:
        senders: list[Sender] = []
        for when_unknown in (*WhenUnknown, *WhenUnknown, WhenUnknown.FAIL):
            account = await stack.enter_async_context(opened_account(api_url))
            limited = len(senders) == 2 * len(WhenUnknown)
            number = a_number()
            session_id = await account.connected_session(network.phone(number))
            wanted = {"whenUnknown": when_unknown.value, "whenDisconnected": "queue"}
            await account.patch(f"/sessions/{session_id}", wanted)
            if not limited:
                await raise_plan(account.id)
            senders.append(Sender(account, session_id, number, when_unknown, limited))
        yield Load(senders)
