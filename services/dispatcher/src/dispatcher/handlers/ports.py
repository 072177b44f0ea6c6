"""What the handlers need of the outside, and no more."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from dispatcher.domain.media import Outcome
from dispatcher.domain.message import Message
from dispatcher.domain.receipt import EarlyReceipt
from dispatcher.domain.session import Session
from dispatcher.domain.shelf import Shelf
from griot_chassis.records import Partition, Record
from griot_contracts.base import Contract
from griot_contracts.cloudevents import Envelope
from griot_contracts.messages import AudioContent, MediaContent


class Store(Protocol):
    """Where the dispatcher's state is kept. Every method raises when the store is away; a repeat is safe."""

    async def own(self, partitions: Collection[int]) -> None:
        """Be the owner of these: what former owners still write of their sessions is refused from here on."""

    async def load(self, partitions: Collection[int]) -> dict[int, Shelf]:
        """What is stored of these partitions, one shelf each. Called when they are taken over."""

    async def messages(self, message_ids: Collection[str]) -> list[Message]:
        """Those of the messages that are known."""

    async def sent_as(self, whatsapp_message_ids: Collection[str]) -> list[Message]:
        """The messages that WhatsApp took under these ids."""

    async def save(
        self,
        new: Collection[Message],
        messages: Collection[Message],
        sessions: Collection[Session],
        early: Collection[EarlyReceipt],
    ) -> None:
        """Store each. Durable on return.

        A message that is stored as far or further is left alone, and so is a session that has another owner.

        `new` are messages that were not known when this was read.
        """


class Media(Protocol):
    """Where media come from, and where they lie for the session's owner."""

    async def fetch(self, message_id: str, content: MediaContent | AudioContent) -> Outcome:
        """Have the message's media where the session's owner finds them, or say why that cannot be.

        Takes as long as a web server takes. A repeat is safe, and fetches nothing that was fetched before.
        Raises when the store is away.
        """


class Log(Protocol):
    """Where it is told: the chassis's publisher."""

    def envelope(
        self,
        body: Contract,
        *,
        id: str,  # noqa: A002  # CloudEvents' own name
        cause: Envelope[Contract] | None = None,
        reply_to: str | None = None,
    ) -> Envelope[Contract]:
        """Wrap a body for the log, under the correlation and the trace of its cause."""

    async def publish(self, envelopes: Sequence[Envelope[Contract]]) -> None:
        """Write them, in order for each key; every one is acknowledged on return.

        Raises:
            BrokerUnavailableError: none or some are written; a repeat is safe.
        """


class Past(Protocol):
    """What stands in the log beside the topics that are read: for what their records do not say (any more).

    Every method raises when the log is away.
    """

    async def told(self, number: int, since: datetime) -> dict[str, Message]:
        """How whoever owned the partition left its messages, by their ids: what it told of them since then.

        Those of which no more was told than that they wait are left out.
        """

    async def sessions(self, number: int) -> list[Record]:
        """All that was told of the partition's sessions."""

    async def given(self, number: int, since: datetime) -> dict[str, list[str]]:
        """The messages that each of the partition's sessions gave away since then, in order, each once."""

    async def still_open(self, number: int) -> list[Record]:
        """The commands of messages that have no end, and whose command the log does not keep any more."""


class Progress(Protocol):
    """How far the dispatcher has read."""

    async def pending(self, partitions: Collection[Partition]) -> dict[Partition, int]:
        """The offset of the last record that is written and not handled yet, of each partition that has one.

        May be asked from when the partitions are assigned.
        """

    async def handled(self, partitions: Collection[Partition]) -> dict[Partition, int]:
        """The offset that each goes on at; what lies before it is handled, or was put aside."""

    async def check(self, numbers: Collection[int]) -> None:
        """See that what was just read from the store of these partition numbers was whole.

        Raises:
            PositionsForgottenError: the database was dropped, or lost its last moments.
        """

    async def cut_off(self, partitions: Collection[Partition]) -> set[int]:
        """The numbers of those of which nothing is handled, and of which the log keeps the end alone."""
