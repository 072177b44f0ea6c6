"""Making load: requests to the API from many clients, and what the network's ledger says of it."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import count, cycle
from typing import Self

import httpx

from fakewhatsapp.client import RemoteNetwork
from fakewhatsapp.ledger import Entry, Filter
from tests.e2e.people import a_number
from tests.support import eventually

RECIPIENTS_OF_A_SESSION = 4
TEXT = "Your order {:08d} is on its way and arrives today."
"""No two the same: an equal text to the same number would look like a repeat."""
ARRIVED_WITHIN = timedelta(seconds=120)
_LOOK_EVERY_S = 0.1  # seldom enough not to be a load of its own
_UNFINISHED = ("pending", "queued", "sending", "sent")


@dataclass(frozen=True)
class Sender:
    """A session and those it writes to, in turn."""

    session_id: str
    recipients: Iterator[str]

    @classmethod
    def of(cls, session_id: str) -> Self:
        return cls(session_id, cycle([a_number() for _ in range(RECIPIENTS_OF_A_SESSION)]))


class Client:
    """Posts messages, and keeps how long each answer took."""

    def __init__(self, api_url: str, key: str) -> None:
        self._api_url = api_url
        self._key = key
        self._http = self._connection()
        self._numbers = count(1)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def send(self, sender: Sender, http: httpx.AsyncClient) -> float:
        """Post one message; the answer is the seconds it took.

        Raises:
            AssertionError: it was not accepted.
        """
        body = {
            "to": next(sender.recipients),
            "message": TEXT.format(next(self._numbers)),
            "sessionId": sender.session_id,
        }
        started = time.perf_counter()
        answer = await http.post("/messages", json=body)
        took = time.perf_counter() - started
        assert answer.status_code == 202, answer.text
        return took

    async def send_many(
        self,
        senders: Sequence[Sender],
        *,
        at_once: int,
        messages: int,
        within: timedelta = timedelta(hours=1),
    ) -> list[float]:
        """Post `messages`, the senders in turn, `at_once` at a time, stopping early after `within`."""
        turns = iter([sender for _, sender in zip(range(messages), cycle(senders), strict=False)])
        deadline = time.monotonic() + within.total_seconds()
        took: list[float] = []

        async def one_after_the_other() -> None:
            async with self._connection() as http:
                for sender in turns:
                    took.append(await self.send(sender, http))
                    if time.monotonic() > deadline:
                        return

        async with asyncio.TaskGroup() as group:
            for _ in range(at_once):
                group.create_task(one_after_the_other())
        return took

    async def all_delivered(self) -> None:
        """Wait until every message is shown as delivered, or as ended otherwise."""
        for status in _UNFINISHED:
            await eventually(
                lambda status=status: self._none_is(status),  # type: ignore[misc]
                within=ARRIVED_WITHIN,
                what=f"no message is {status}",
            )

    def _connection(self) -> httpx.AsyncClient:
        """A client of its own for each: a pool that many share is searched through for every request."""
        return httpx.AsyncClient(
            base_url=f"{self._api_url}/api/v1",
            headers={"Authorization": f"Bearer {self._key}"},
            timeout=30,
            trust_env=False,
            verify=False,  # it speaks plain HTTP, and reading the authorities takes longer than a request
        )

    async def _none_is(self, status: str) -> bool:
        answer = await self._http.get("/messages", params={"status": status, "limit": 1})
        return answer.is_success and not answer.json()["data"]


class Watch:
    """The ledger from now on."""

    def __init__(self, network: RemoteNetwork, revision: int, held: int) -> None:
        self._ledger = network.ledger
        self._revision = revision
        self._held = held

    @classmethod
    async def begin(cls, network: RemoteNetwork) -> Self:
        summary = await network.ledger.summary()
        return cls(network, summary.revision, summary.messages)

    async def arrived(self, messages: int) -> None:
        """Return when so many have come, a tenth of a second late at most.

        The ledger's own times are as WhatsApp's, in whole seconds.

        Raises:
            TimeoutError: they did not come.
        """
        async with asyncio.timeout(ARRIVED_WITHIN.total_seconds()):
            while await self._ledger.count() - self._held < messages:  # noqa: ASYNC110 - it is elsewhere
                await asyncio.sleep(_LOOK_EVERY_S)

    async def entries(self) -> list[Entry]:
        """What has come."""
        return await self._ledger.entries(Filter(since=self._revision))


def strange(entries: Sequence[Entry]) -> int:
    """How many came more than once or reached nobody."""
    return sum(entry.times != 1 or not entry.reached for entry in entries)
