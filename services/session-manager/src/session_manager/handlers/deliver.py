"""DeliverMessage: hand a message to WhatsApp at most once an attempt, and say what became of it."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from griot_chassis.errors import BrokerUnavailableError
from griot_chassis.records import Record
from griot_contracts.base import Contract
from griot_contracts.cloudevents import Envelope
from griot_contracts.deliveries import (
    Delivery,
    DeliveryFailed,
    DeliverySent,
    DeliveryStarted,
    DeliveryUnknown,
)
from griot_contracts.ids import derive
from griot_contracts.messages import DeliverMessage, TextContent
from session_manager.domain import attachment, outcomes
from session_manager.domain.attachment import NoAttachmentError, UploadError
from session_manager.domain.journal import Doubt, End, HandOver, SayAgain, what_to_do
from session_manager.domain.outcomes import Doubtful, HandOverError, LookupFailedError, Refused
from session_manager.handlers import metrics
from session_manager.handlers.fleet import Fleet
from session_manager.handlers.journals import Journals
from session_manager.handlers.lease import Lease, NotTheOwnerError
from session_manager.handlers.ports import Attachments, Connection, Now, Publisher
from session_manager.handlers.session import Session

_LAST_WORD_WITHIN_S: Final = 3.0
_ATTACHMENTS_AT_ONCE: Final = 4  # each may be held in memory two or three times

Message = str | bytes
"""A text, or what an upload gave."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How many seconds are waited for an acknowledgement, a lookup, a session that just starts, an upload."""

    send_s: float
    lookup_s: float
    start_s: float
    upload_s: float


class DeliverMessages:
    """Carries out `DeliverMessage`.

    Safe to repeat: what was begun is never begun again, what has ended ends the same.
    """

    def __init__(
        self,
        fleet: Fleet,
        lease: Lease,
        publisher: Publisher,
        attachments: Attachments,
        *,
        journals: Journals,
        now: Now,
        patience: Patience,
    ) -> None:
        self._fleet = fleet
        self._lease = lease
        self._journals = journals
        self._publisher = publisher
        self._now = now
        self._attachments = attachments
        self._few = asyncio.Semaphore(_ATTACHMENTS_AT_ONCE)
        self._patience = patience

    async def __call__(self, command: DeliverMessage, record: Record) -> None:
        """Carry out one command.

        Raises:
            BrokerUnavailableError: what became of it is known and kept, but not in the log; the command
                comes again.
            NotTheOwnerError: the message was not handed over, and is another worker's by now.
        """
        attempt = command.message_id, command.attempt
        asked_at = command.open_since or command.at
        match what_to_do(await self._journals.known(record.partition, attempt, asked_at)):
            case SayAgain(end):
                await self._publish(end, record)
            case Doubt():
                await self._end(self._told(command, outcomes.RESTARTED), record)
            case HandOver():
                await self._hand_over(command, record)

    async def _hand_over(self, command: DeliverMessage, record: Record) -> None:
        session = self._fleet.get(command.session_id)
        connection = None if session is None else await session.connected(self._patience.start_s)
        if session is None or connection is None:
            await self._end(self._told(command, outcomes.NOT_CONNECTED), record)
        elif (refusal := await self._refusal(connection, command.to)) is not None:
            await self._end(self._told(command, refusal), record)
        elif isinstance(message := await self._message(connection, command), Refused):
            await self._end(self._told(command, message), record)
        else:
            await self._begin(command, record)
            # The worker may have stood still until now. What is begun and never ended, the owner tells so.
            if not await self._lease.holds(record.partition):
                raise NotTheOwnerError
            await self._end(await self._until_known(session, connection, command, message, record), record)

    async def _message(self, connection: Connection, command: DeliverMessage) -> Message | Refused:
        """What is handed over. An upload comes before the attempt begins: nobody sees anything of it."""
        if isinstance(command.content, TextContent):
            return command.content.text
        if command.media is None:
            return attachment.GONE
        try:
            async with self._few:
                made = await self._attachments.made(command.content, command.media)
                async with asyncio.timeout(self._patience.upload_s):
                    return await connection.upload(made)
        except NoAttachmentError as error:
            return error.refused
        except (UploadError, TimeoutError):
            return attachment.UPLOAD_FAILED

    async def _refusal(self, connection: Connection, to: str) -> Refused | None:
        """Why nothing can be sent there; None if it can."""
        try:
            async with asyncio.timeout(self._patience.lookup_s):
                found = await connection.is_on_whatsapp(to)
        except (TimeoutError, LookupFailedError):
            return outcomes.LOOKUP_FAILED
        return None if found else outcomes.NOT_ON_WHATSAPP

    async def _begin(self, command: DeliverMessage, record: Record) -> None:
        started = DeliveryStarted(
            account_id=command.account_id,
            at=self._now(),
            session_id=command.session_id,
            message_id=command.message_id,
            attempt=command.attempt,
            to=command.to,
        )
        await self._publish(started, record)
        self._fleet.journal(record.partition).write(
            started
        )  # not before: without the ack nothing was handed over

    async def _until_known(
        self,
        session: Session,
        connection: Connection,
        command: DeliverMessage,
        message: Message,
        record: Record,
    ) -> End:
        try:
            async with asyncio.timeout(self._patience.send_s):
                whatsapp_id = await connection.send(command.to, message)
        except HandOverError as error:
            return self._told(command, outcomes.outcome_of(error.words))
        except TimeoutError:
            session.distrust()
            return self._told(command, outcomes.NO_ANSWER)
        except asyncio.CancelledError:
            with suppress(BrokerUnavailableError, TimeoutError):
                async with asyncio.timeout(_LAST_WORD_WITHIN_S):
                    await self._end(self._told(command, outcomes.STOPPING), record)
            raise
        return self._sent(command, whatsapp_id)

    async def _end(self, end: End, record: Record) -> None:
        # Known before it is published: if the broker is away, the command comes again and is answered with
        # this end.
        self._fleet.journal(record.partition).write(end)
        metrics.DELIVERIES.labels(type(end).__name__).inc()
        await asyncio.shield(self._publish(end, record))

    async def _publish(self, event: Delivery, record: Record) -> None:
        record_id = derive(event.message_id, type(event).__name__, str(event.attempt))
        envelopes: Sequence[Envelope[Contract]] = [
            self._publisher.envelope(event, id=record_id, cause=record.envelope)
        ]
        await self._publisher.publish(envelopes)

    def _sent(self, command: DeliverMessage, whatsapp_id: str) -> DeliverySent:
        return DeliverySent(
            account_id=command.account_id,
            at=self._now(),
            session_id=command.session_id,
            message_id=command.message_id,
            attempt=command.attempt,
            whatsapp_message_id=whatsapp_id,
        )

    def _told(self, command: DeliverMessage, outcome: Refused | Doubtful) -> DeliveryFailed | DeliveryUnknown:
        what = {
            "account_id": command.account_id,
            "at": self._now(),
            "session_id": command.session_id,
            "message_id": command.message_id,
            "attempt": command.attempt,
        }
        match outcome:
            case Refused(reason, retryable, detail):
                return DeliveryFailed(**what, reason=reason, retryable=retryable, detail=detail)
            case Doubtful(reason):
                return DeliveryUnknown(**what, reason=reason)
