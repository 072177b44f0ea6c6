"""Every topic.

Its key, its partitions, how long it keeps records, what may stand in it, and for whom it is.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from griot_contracts import accounts, deliveries, inbound, messages, sessions
from griot_contracts.base import Contract


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic of the log.

    Attributes:
        name: `<aggregate>.<commands|events>.v<n>`.
        partitions: fixed for ever; the key's partition is its single writer.
        kept: how long records stay; None is for ever.
        key: the body's field that is the record's key; None where the partition is addressed or the key is
        handed on.
        carries: the types that may stand in it; empty for dead letters, which carry whatever came.
        public: whether others may subscribe to it and rely on it.
        latest: whether only the last record of each key is kept.
    """

    name: str
    partitions: int
    kept: timedelta | None
    key: str | None
    carries: tuple[type[Contract], ...]
    public: bool = False
    latest: bool = False

    def key_of(self, body: Contract) -> str | None:
        """The key under which `body` is published here.

        Raises:
            TypeError: this topic does not carry such a body.
        """
        if not isinstance(body, self.carries):
            raise TypeError(f"{self.name} does not carry {type(body).__name__}")
        return None if self.key is None else str(getattr(body, self.key))


_WEEK: Final = timedelta(days=7)
_MONTH: Final = timedelta(days=30)
_LONGEST_WAIT_AND_A_DAY: Final = timedelta(days=31)
_HOUR: Final = timedelta(hours=1)

ACCOUNT_COMMANDS: Final = Topic(
    "account.commands.v1", 32, _WEEK, "account_id",
    (accounts.OpenAccount, accounts.ChangePlan, accounts.SuspendAccount, accounts.ResumeAccount,
     accounts.IssueKey, accounts.RevokeKey, accounts.RecallDecision, sessions.CreateSession,
     sessions.UpdateSession, sessions.DeleteSession, messages.SendMessage),
)  # fmt: skip
DISPATCH_COMMANDS: Final = Topic(
    "dispatch.commands.v1", 64, _WEEK, "session_id", (messages.DispatchMessage, messages.CancelMessage)
)
SESSION_COMMANDS: Final = Topic(
    "session.commands.v1", 64, _WEEK, "session_id",
    (sessions.StartSession, sessions.StopSession, sessions.RequestPairingCode, sessions.DestroySession,
     messages.DeliverMessage),
)  # fmt: skip
REPLIES: Final = Topic("replies.v1", 32, _HOUR, None, (accounts.CommandDecided,))
ACCOUNT_EVENTS: Final = Topic(
    "account.events.v1", 32, None, "account_id",
    (accounts.AccountOpened, accounts.PlanChanged, accounts.AccountSuspended, accounts.AccountResumed,
     accounts.KeyIssued, accounts.KeyRevoked, accounts.SessionReleased, accounts.CommandRefused),
)  # fmt: skip
KEY_USES: Final = Topic("key.uses.v1", 8, None, "key_id", (accounts.KeyUsed,), latest=True)
SESSION_EVENTS: Final = Topic(
    "session.events.v1", 64, None, "session_id",
    (sessions.SessionCreated, sessions.SessionUpdated, sessions.SessionStatusChanged,
     sessions.SessionDeleted),
    public=True,
)  # fmt: skip
SESSION_PAIRING: Final = Topic(
    "session.pairing.v1", 64, _HOUR, "session_id",
    (sessions.QrCodeIssued, sessions.PairingCodeIssued),
)  # fmt: skip
DELIVERY_EVENTS: Final = Topic(
    "delivery.events.v1", 64, _WEEK, "session_id",
    (deliveries.DeliveryStarted, deliveries.DeliverySent, deliveries.DeliveryFailed,
     deliveries.DeliveryUnknown, deliveries.ReceiptReceived),
)  # fmt: skip
MESSAGE_EVENTS: Final = Topic(
    "message.events.v1", 64, _LONGEST_WAIT_AND_A_DAY, "session_id",
    (messages.MessageAccepted, messages.MessageRejected, messages.MessageQueued, messages.MessageSending,
     messages.MessageSent, messages.MessageDelivered, messages.MessageRead, messages.MessageUnknown,
     messages.MessageFailed, messages.MessageCancelled, inbound.MessageReceived),
    public=True,
)  # fmt: skip
DEAD_LETTERS: Final = Topic("dead-letters.v1", 8, _MONTH, None, ())

ALL: Final = (
    ACCOUNT_COMMANDS, DISPATCH_COMMANDS, SESSION_COMMANDS, REPLIES, ACCOUNT_EVENTS, KEY_USES, SESSION_EVENTS,
    SESSION_PAIRING, DELIVERY_EVENTS, MESSAGE_EVENTS, DEAD_LETTERS,
)  # fmt: skip

TYPES: Final[dict[str, type[Contract]]] = {body.type(): body for topic in ALL for body in topic.carries}
"""Every body by its CloudEvents type."""

_HOME: Final[dict[type[Contract], Topic]] = {body: topic for topic in ALL for body in topic.carries}


def topic_of(body: Contract) -> Topic:
    """The one topic that carries such a body: each type has exactly one home."""
    return _HOME[type(body)]
