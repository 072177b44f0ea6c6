"""`griot events`: a topic as people read it, without secrets and texts unless they are asked for."""

import asyncio
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Final

import typer

from griot_chassis import clock
from griot_chassis.log_scan import LogScan, RawRecord, decoded, partitions_of
from griot_chassis.records import Record
from griot_contracts import topics
from griot_operator.screen import fail, say
from griot_operator.settings import OperatorSettings

_TOPICS: Final = {topic.name: topic for topic in topics.ALL if topic is not topics.DEAD_LETTERS}
_SHOWN: Final = frozenset(
    {
        "attempt", "command", "commandId", "day", "desiredState", "epoch", "expiresAt", "inReplyTo",
        "isDefault", "keyId", "kind", "limit", "messageId", "notBefore", "pacing", "plan", "read", "reason",
        "receivedAt",
        "refusal", "remaining", "resend", "resetsAt", "retryable", "scopes", "sendAt", "sentAt", "sessionId",
        "sessionIds", "sessionKey", "status", "whatsappMessageId", "whatsappMessageIds", "whenDisconnected",
        "whenUnknown",
    }
)  # fmt: skip
"""What tells nobody's words, name or secret; a new field is hidden at first."""
_SAID_BEFORE: Final = frozenset({"accountId", "at"})


def events(
    topic: Annotated[str, typer.Argument(help=f"One of: {', '.join(_TOPICS)}.")],
    *,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on with what is written from now.")
    ] = False,
    since: Annotated[int, typer.Option(help="Begin so many minutes ago.", metavar="MINUTES")] = 60,
    about: Annotated[
        str | None, typer.Option(help="Only what names this id: an account, session, message or key.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--everything", help="Texts, numbers, addresses, codes and hashes too.")
    ] = False,
) -> None:
    """Show what is written in a topic, a line a record."""
    if topic not in _TOPICS:
        raise fail(f"No such topic: {topic}. There are {', '.join(_TOPICS)}.")
    try:
        asyncio.run(
            _events(_TOPICS[topic], timedelta(minutes=since), about, follow=follow, everything=everything)
        )
    except KeyboardInterrupt:
        raise typer.Exit from None


async def _events(
    topic: topics.Topic, since: timedelta, about: str | None, *, follow: bool, everything: bool
) -> None:
    scan = LogScan(OperatorSettings().kafka_bootstrap, partitions_of(topic))
    start = clock.now() - since
    async for batch in scan.raw(since=start, follow=follow):
        for raw in sorted(batch, key=lambda one: one.written_at):
            line = line_of(raw, everything=everything)
            if about is None or about in line:
                say(line)


def line_of(raw: RawRecord, *, everything: bool = False) -> str:
    """A record as one line."""
    place = f"{raw.written_at:%Y-%m-%d %H:%M:%S.%f}"[:-3] + f"  {raw.at.number:>2}/{raw.offset}"
    record = decoded(raw)
    if record is None:
        return f"{place}  (cannot be read)"
    envelope = record.envelope
    told = " ".join(f"{name}={value}" for name, value in _fields(record, everything=everything).items())
    return f"{place}  {type(record.body).__name__}  account={record.body.account_id} {told}  id={envelope.id}"


def _fields(record: Record, *, everything: bool) -> dict[str, str]:
    body = record.body.model_dump(mode="json", by_alias=True, exclude_none=True)
    return {
        name: _word(name, value, everything=everything)
        for name, value in body.items()
        if name not in _SAID_BEFORE
    }


def _word(name: str, value: Any, *, everything: bool) -> str:
    if everything or name in _SHOWN:
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return str(value["type"]) if isinstance(value, Mapping) and "type" in value else "…"
