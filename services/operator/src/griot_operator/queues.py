"""`griot queues`: what waits, a line a session.

When a message is tried next, only the dispatcher knows. This reads its database and writes nothing there.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from griot_chassis.mongo import connect
from griot_contracts.topics import DISPATCH_COMMANDS
from griot_operator.screen import Json, moment, show
from griot_operator.settings import OperatorSettings


@dataclass(slots=True)
class Waiting:
    """What waits in one session's queue.

    Attributes:
        account_id: whose session it is.
        count: messages without an end.
        in_doubt: messages with one, of which nobody knows whether WhatsApp took them.
        oldest: when the oldest of those that wait was accepted, by its id's own time.
        next_try: when the first is tried at the earliest; None is at once.
        tried: the attempts of the first that have ended.
    """

    account_id: str
    count: int = 0
    in_doubt: int = 0
    oldest: datetime | None = None
    first: int | None = None
    next_try: datetime | None = None
    tried: int = 0
    reason: str | None = None

    def add(self, message: dict[str, Any]) -> None:
        """Count one more."""
        if message["status"] != "queued" or message.get("sequence") is None:
            self.in_doubt += bool(message.get("in_doubt"))
            return
        self.count += 1
        at = message.get("accepted_at")
        self.oldest = at if self.oldest is None or (at is not None and at < self.oldest) else self.oldest
        if self.first is None or message["sequence"] < self.first:
            self.first, self.next_try = message["sequence"], message.get("not_before")
            self.tried, self.reason = message["attempt"], message.get("reason")


def queues(*, as_json: Json = False) -> None:
    """What waits to be sent: how many a session, since when, and when the first is tried next."""
    found = asyncio.run(_queues())
    rows = (
        (session_id, one.account_id, one.count, moment(one.oldest), moment(one.next_try) or "at once",
         one.tried, one.reason, one.in_doubt)
        for session_id, one in sorted(found.items(), key=lambda item: -item[1].count)
    )  # fmt: skip
    columns = ("session", "account", "waiting", "oldest", "next try", "tried", "reason", "in doubt")
    show(columns, rows, as_json=as_json)


async def _queues() -> dict[str, Waiting]:
    found: dict[str, Waiting] = {}
    async for message in _messages():
        found.setdefault(message["session_id"], Waiting(message["account_id"])).add(message)
    return found


async def _messages() -> AsyncIterator[dict[str, Any]]:
    settings = OperatorSettings()
    client = connect(settings.mongo_url, "operator")
    try:
        messages = client[settings.dispatcher_database]["messages"]
        live = {"live_in": {"$in": list(range(DISPATCH_COMMANDS.partitions))}}
        async for message in messages.find(live, {"content": False, "to": False}):
            yield message | {"accepted_at": _made_at(message["_id"])}
    finally:
        client.close()


def _made_at(message_id: str) -> datetime | None:
    """When a UUIDv7 was made; an id that follows from an Idempotency-Key does not tell."""
    digits = message_id.replace("-", "")
    if digits[12:13] != "7":
        return None
    return datetime.fromtimestamp(int(digits[:12], 16) / 1000, UTC)
