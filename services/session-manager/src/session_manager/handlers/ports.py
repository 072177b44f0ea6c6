"""What the handlers need of the outside."""

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from datetime import datetime
from typing import Protocol

from griot_chassis.records import Partition, Record
from griot_contracts.base import Contract
from griot_contracts.cloudevents import Envelope
from griot_contracts.messages import AudioContent, MediaContent, MediaReference
from griot_contracts.sessions import DestroySession, StartSession, StopSession
from session_manager.domain.attachment import Attachment
from session_manager.domain.inbound import Fact
from session_manager.domain.ownership import Logged, Owned
from session_manager.domain.resting import Rest
from session_manager.domain.standing import Observation

Now = Callable[[], datetime]
Observe = Callable[[Observation | Fact], None]


class Connection(Protocol):
    """One session's connection to WhatsApp, until it is stopped."""

    async def upload(self, attachment: Attachment) -> bytes:
        """Lay an attachment where WhatsApp's phones find it; returns the message that says where.

        Nobody sees anything of it yet. May take long: the caller sets the limit.

        Raises:
            UploadError: WhatsApp's media host did not take it.
        """

    async def send(self, to: str, message: str | bytes) -> str:
        """Hand over a text, or what an upload gave; returns WhatsApp's id once WhatsApp has it.

        May take for ever: the caller sets the limit.

        Raises:
            HandOverError: WhatsApp did not acknowledge it.
        """

    async def is_on_whatsapp(self, to: str) -> bool:
        """Whether somebody can be reached under this id. Asks WhatsApp once for each.

        Raises:
            LookupFailedError: WhatsApp did not tell.
        """

    async def pairing_code(self, phone: str) -> str:
        """A code that links the phone with this number; the connection must show QR codes.

        Raises:
            ConnectError: WhatsApp gave none.
        """

    async def log_out(self) -> None:
        """Unlink the device from its phone. May take more than a minute: the caller sets the limit.

        Raises:
            ConnectError: WhatsApp was not reached, or refused.
        """

    async def stop(self) -> None:
        """End the connection within a few seconds.

        From this call on only facts are observed, and nothing once it has returned. A repeat does nothing.
        """


class WhatsApp(Protocol):
    """Makes connections, one at a time, and keeps the devices' keys."""

    async def connect(self, session_id: str, jid: str | None, observe: Observe) -> Connection:
        """Connect a session's device, a new one if it has none. Waits for its turn, then for the network.

        Args:
            session_id: whose device.
            jid: what it was linked as, if it was.
            observe: called on the event loop with what is seen, until the connection is stopped. A fact's
                `written` is to be called once it is in the log: too many that are not hold up the others.

        Raises:
            ConnectError: the network or the store did not let it.
        """

    def forget(self, session_id: str) -> None:
        """Destroy a session's keys; its connection must have been stopped. A repeat does nothing."""


class Attachments(Protocol):
    """Where the media lie that messages carry."""

    async def made(self, content: MediaContent | AudioContent, media: MediaReference) -> Attachment:
        """What is sent of them, ready to be shown. Takes as long as its computing takes.

        Raises:
            NoAttachmentError: there is nothing that could be sent.
        """


class Sessions(Protocol):
    """The sessions that are known, and how often each has changed hands. Durable when a call returns.

    All of it follows from session.events.v1, but for how long a ban lasts, which WhatsApp tells again.
    """

    async def unread(self, partitions: Collection[int]) -> set[int]:
        """Those of these partitions whose sessions are not known.

        They are of a new database, or one that lost everything.
        """

    async def restore(self, partition: int, sessions: Collection[Logged]) -> None:
        """Know a partition's sessions, as the log has them. A repeat changes nothing."""

    async def take_over(self, partitions: Collection[int]) -> list[Owned]:
        """Begin a new ownership of every session of these partitions that is to be connected."""

    async def is_overtaken(self, command: StartSession | StopSession) -> bool:
        """Whether the session was told otherwise by a later command, or is destroyed."""

    async def add(self, command: StartSession | DestroySession, partition: int) -> Owned:
        """Know a session from here on, and own it."""

    async def stop(self, command: StopSession, partition: int) -> Owned:
        """Own a session that is not to be connected, not by the next owner either."""

    async def remember(self, session_id: str, jid: str | None) -> None:
        """Keep which WhatsApp account a session is linked to; None for none any more."""

    async def rest(self, session_id: str, rest: Rest | None) -> None:
        """Keep that a session is left alone, by the next owner too; None for that it is no more."""

    async def remove(self, session_id: str) -> None:
        """Know of a session only that it is destroyed, for as long as its commands are kept.

        A repeat does nothing.
        """


class Leases(Protocol):
    """Who owns which partition, where every worker can read it. Each call is durable when it returns."""

    async def seize(self, partitions: Collection[int], *, recently_s: float) -> None:
        """Become the owner of these partitions, whoever was.

        An owner that has renewed its lease within `recently_s` may live, and is expected to let go.
        """

    async def renew(self, partitions: Collection[int]) -> set[int]:
        """Say that their owner lives; returns those of which this process still is the owner."""

    async def held_on_to(self, partitions: Collection[int]) -> bool:
        """Whether the former owner of any of them has yet to let go."""

    async def let_go(self, partitions: Collection[int]) -> None:
        """Nothing of them runs here any more. A repeat does nothing."""


class Publisher(Protocol):
    """`griot_chassis.publisher.Publisher`, as far as it is used here."""

    def envelope(
        self,
        body: Contract,
        *,
        id: str,  # noqa: A002  # CloudEvents' own name
        cause: Envelope[Contract] | None = None,
    ) -> Envelope[Contract]: ...

    async def publish(self, envelopes: Sequence[Envelope[Contract]]) -> None: ...


class Log(Protocol):
    """`griot_chassis.log_reader.LogReader`, as far as it is used here."""

    def read(self, partition: Partition, *, since: datetime | None = None) -> AsyncIterator[Record]: ...
