"""Writing to the log."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from aiokafka.errors import (
    KafkaError,
    MessageSizeTooLargeError,
    OutOfOrderSequenceNumber,
    ProducerFenced,
    UnknownProducerId,
)
from faststream.exceptions import IncorrectState
from faststream.kafka import KafkaBroker
from opentelemetry.trace import SpanKind

from griot_chassis import metrics
from griot_chassis.ending import end_now
from griot_chassis.errors import BrokerUnavailableError, RecordTooLargeError
from griot_chassis.tracing import context_of, traceparent_of, tracer
from griot_contracts import ids, topics
from griot_contracts.base import Contract
from griot_contracts.cloudevents import Envelope, FoundHeaders, Headers, encode, subject_of
from griot_contracts.dead_letters import DeadLetter

_ACKNOWLEDGED_WITHIN_S: Final = 4.0
_NEVER_AGAIN: Final = (OutOfOrderSequenceNumber, ProducerFenced, UnknownProducerId)
"""The broker takes no record of this producer on that partition any more, and aiokafka makes no other one.

A producer numbers its records, so that one that is sent twice stands in the log once. Where one failed for
good, the numbers after it fit no more. A new process is a new producer, and says again what it has to.
"""


class Publisher:
    """Publishes envelopes, each to the one topic that carries its type, under the topic's key."""

    def __init__(self, broker: KafkaBroker, service: str) -> None:
        self._broker = broker
        self._source = f"/{service}"

    def envelope(
        self,
        body: Contract,
        *,
        id: str,  # noqa: A002  # CloudEvents' own name
        cause: Envelope[Contract] | None = None,
        reply_to: str | None = None,
    ) -> Envelope[Contract]:
        """Wrap a body for the log.

        Args:
            body: what happened or is asked.
            id: the record's id; derived (`griot_contracts.ids.derive`) where the same thing may be published
            twice.
            cause: the envelope that led to this one; its trace and correlation go on.
            reply_to: for a command, where its answer is awaited; for a `CommandDecided`, the command's own.
        """
        return Envelope(
            body=body,
            id=id,
            source=self._source,
            subject=subject_of(body),
            correlation_id=id if cause is None else cause.correlation_id or cause.id,
            causation_id=None if cause is None else cause.id,
            reply_to=reply_to,
            traceparent=None if cause is None else cause.traceparent,
        )

    async def publish(self, envelopes: Sequence[Envelope[Contract]]) -> None:
        """Write the envelopes, in order for each key, and return once every one is acknowledged.

        Safe to repeat: the ids are the same, and readers do not mind.

        Raises:
            BrokerUnavailableError: not all were acknowledged within four seconds. Those under way may still
            be written when the broker is back.
            RecordTooLargeError: one of them never will be; those before it may be written.
        """
        if not envelopes:
            return
        started = time.perf_counter()
        with _in_our_words(len(envelopes)):
            async with asyncio.timeout(_ACKNOWLEDGED_WITHIN_S):
                acks = [await self._send(envelope) for envelope in envelopes]
                await asyncio.gather(*acks)
        metrics.PUBLISH_SECONDS.observe(time.perf_counter() - started)

    async def put_aside(
        self, letter: DeadLetter, key: bytes | None, value: bytes | None, headers: FoundHeaders
    ) -> None:
        """Write a record that cannot be read to dead-letters.v1, with where it came from and why.

        One that is too large with these words beside it is only named there: it lies where it came from.

        Raises:
            BrokerUnavailableError: as `publish`.
        """
        with _in_our_words(1):
            async with asyncio.timeout(_ACKNOWLEDGED_WITHIN_S):
                try:
                    await self._write_aside(letter.headers(headers), key, value or b"")
                except MessageSizeTooLargeError:
                    await self._write_aside(letter.without_its_record().headers([]), None, b"")

    async def _write_aside(self, headers: Headers, key: bytes | None, value: bytes) -> None:
        words = {name: raw.decode(errors="backslashreplace") for name, raw in headers}
        await self._broker.publish(value, topics.DEAD_LETTERS.name, key=key, headers=words)

    async def _send(self, envelope: Envelope[Contract]) -> "asyncio.Future[object]":
        topic = topics.topic_of(envelope.body)
        key = topic.key_of(envelope.body)
        partition = None
        if topic is topics.REPLIES and envelope.reply_to is not None:
            partition = ids.reply_partition(envelope.reply_to)
        with tracer.start_as_current_span(
            f"publish {topic.name}", context=context_of(envelope.traceparent), kind=SpanKind.PRODUCER
        ) as span:
            headers, value = encode(envelope)
            carried = {name: raw.decode() for name, raw in headers}
            if (traceparent := traceparent_of(span)) is not None:
                carried["traceparent"] = traceparent
            try:
                ack = await self._broker.publish(
                    value,
                    topic.name,
                    key=None if key is None else key.encode(),
                    partition=partition,
                    headers=carried,
                    correlation_id=envelope.correlation_id,
                    no_confirm=True,
                )
            except MessageSizeTooLargeError:
                raise RecordTooLargeError(envelope.id) from None
        metrics.RECORDS_PUBLISHED.labels(topic.name).inc()
        return ack


@contextmanager
def _in_our_words(count: int) -> Iterator[None]:
    try:
        yield
    except _NEVER_AGAIN as error:
        end_now("the broker takes no record of this process any more", error=type(error).__name__)
    except (TimeoutError, KafkaError, IncorrectState) as error:
        metrics.PUBLISH_FAILURES.inc()
        raise BrokerUnavailableError(f"{count} records were not acknowledged") from error
