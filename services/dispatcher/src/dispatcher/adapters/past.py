"""What message.events.v1 remembers of a partition that the dispatcher's own topics do not say any more."""

from collections import defaultdict
from dataclasses import replace
from datetime import datetime
from typing import Final

from dispatcher.domain.message import Message
from dispatcher.domain.told import begin, evolve
from griot_chassis.log_reader import LogReader
from griot_chassis.records import Partition, Record
from griot_contracts.ids import derive
from griot_contracts.messages import (
    DispatchMessage,
    MessageAccepted,
    MessageCancelled,
    MessageDelivered,
    MessageEvent,
    MessageFailed,
    MessageRead,
    MessageSending,
    MessageSent,
)
from griot_contracts.topics import DISPATCH_COMMANDS, MESSAGE_EVENTS, SESSION_EVENTS

_ENDS: Final = (MessageCancelled, MessageFailed, MessageSent, MessageDelivered, MessageRead)
_BEFORE_ALL_COMMANDS: Final = 2**40
"""More records than a partition ever has: what is taken up again goes before what the topic still holds."""


class LogPast:
    """The port `Past` on the log."""

    def __init__(self, reader: LogReader) -> None:
        self._reader = reader

    async def told(self, number: int, since: datetime) -> dict[str, Message]:
        """How whoever owned the partition left its messages, by their ids."""
        left: dict[str, Message] = {}
        async for record in self._reader.read(Partition(MESSAGE_EVENTS.name, number), since=since):
            event = record.body
            if isinstance(event, MessageEvent):
                before = left.get(event.message_id) or begin(event, number)
                after = evolve(before, event)
                if after is not before:
                    left[event.message_id] = after
        return left

    async def sessions(self, number: int) -> list[Record]:
        """All that was told of the partition's sessions."""
        return [record async for record in self._reader.read(Partition(SESSION_EVENTS.name, number))]

    async def given(self, number: int, since: datetime) -> dict[str, list[str]]:
        """The messages that each of the partition's sessions gave away since then, in order, each once."""
        given: defaultdict[str, dict[str, None]] = defaultdict(dict)
        async for record in self._reader.read(Partition(MESSAGE_EVENTS.name, number), since=since):
            event = record.body
            if isinstance(event, MessageSending) and event.at >= since:
                given[event.session_id][event.message_id] = None
        return {session_id: list(ids) for session_id, ids in given.items()}

    async def still_open(self, number: int) -> list[Record]:
        """The commands of messages that were accepted, have no end, and whose command is not kept any more.

        They are those that the quota service published, under the same ids.
        """
        commands = Partition(DISPATCH_COMMANDS.name, number)
        first_kept = (await self._reader.times_of({commands: 0}))[commands]
        found: dict[str, Record] = {}
        async for record in self._reader.read(Partition(MESSAGE_EVENTS.name, number)):
            body = record.body
            if isinstance(body, MessageAccepted) and (first_kept is None or record.written_at <= first_kept):
                found.setdefault(body.message_id, record)
            elif isinstance(body, _ENDS):
                found.pop(body.message_id, None)
        return [_command(record) for record in found.values()]


def _command(accepted: Record) -> Record:
    event = accepted.body
    assert isinstance(event, MessageAccepted)
    command = DispatchMessage(
        account_id=event.account_id,
        at=event.at,
        message_id=event.message_id,
        session_id=event.session_id,
        to=event.to,
        content=event.content,
        send_at=event.send_at,
    )
    cause = accepted.envelope.causation_id or accepted.envelope.id
    envelope = replace(accepted.envelope, body=command, id=derive(cause, DispatchMessage.__name__))
    offset = accepted.offset - _BEFORE_ALL_COMMANDS
    return replace(accepted, envelope=envelope, topic=DISPATCH_COMMANDS.name, offset=offset)
