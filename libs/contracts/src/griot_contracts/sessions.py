"""A session: one WhatsApp device, linked to somebody's phone, that sends for an account."""

from enum import StrEnum

from griot_contracts.base import Command, Creation, Event, Model, Sequenced, Time


class SessionStatus(StrEnum):
    """Where a session stands."""

    STARTING = "starting"
    AWAITING_SCAN = "awaiting_scan"
    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    LOGGED_OUT = "logged_out"
    RESTRICTED = "restricted"
    FAILED = "failed"
    DELETED = "deleted"


class WhenDisconnected(StrEnum):
    """What becomes of a message for a session that is not connected."""

    REJECT = "reject"
    QUEUE = "queue"


class WhenUnknown(StrEnum):
    """What becomes of a message of which nobody knows whether WhatsApp took it."""

    RESEND = "resend"
    FAIL = "fail"


class DesiredState(StrEnum):
    """Where its account wants a session to be."""

    CONNECTED = "connected"
    DISCONNECTED = "disconnected"


class Pacing(Model):
    """How fast a session may send; what is None is as is usual, by the dispatcher's settings.

    `jitter` is the part of the time between two messages by which that time varies, from 0 to 1.
    `daily_cap` is how many messages it sends in a day of UTC.
    """

    messages_per_minute: int | None = None
    jitter: float | None = None
    daily_cap: int | None = None


class CreateSession(Creation):
    """Make a session and connect it.

    Refused when the plan's sessions are all held or the `session_key` is in use.
    """

    session_id: str
    session_key: str


class UpdateSession(Command):
    """Change what its account wants of a session. None leaves as it is.

    Refused when another session of the account has the `session_key`. Of an account's sessions one is the
    default at most: to make one it is to make no other it.
    """

    session_id: str
    session_key: str | None = None
    desired_state: DesiredState | None = None
    is_default: bool | None = None
    when_disconnected: WhenDisconnected | None = None
    when_unknown: WhenUnknown | None = None
    pacing: Pacing | None = None


class DeleteSession(Command):
    """Give a session up for good."""

    session_id: str


class StartSession(Command, Sequenced):
    """To the session's owner.

    Connect it, and show a QR code if it is linked to no phone yet. A repeat does nothing.
    """

    session_id: str


class StopSession(Command, Sequenced):
    """To the session's owner.

    Close its connection and keep the device's keys, until `StartSession`. A repeat does nothing.
    """

    session_id: str


class RequestPairingCode(Command):
    """To the session's owner.

    Show a code that links the phone with this number (E.164) when it is entered there. Without effect on a
    session that is linked.
    """

    session_id: str
    phone: str


class DestroySession(Command):
    """To the session's owner.

    Log out of WhatsApp and destroy the device's keys. A repeat says `SessionDeleted` again.
    """

    session_id: str


class SessionCreated(Event):
    """A session exists; it is being connected already."""

    session_id: str
    session_key: str
    when_disconnected: WhenDisconnected = WhenDisconnected.REJECT
    when_unknown: WhenUnknown = WhenUnknown.RESEND


class SessionUpdated(Event, Sequenced):
    """What its account wants of a session is another thing now; None is as it was."""

    session_id: str
    session_key: str | None = None
    desired_state: DesiredState | None = None
    is_default: bool | None = None
    when_disconnected: WhenDisconnected | None = None
    when_unknown: WhenUnknown | None = None
    pacing: Pacing | None = None


class SessionStatusChanged(Event):
    """A session stands elsewhere now.

    `reason` is a stable code with `detail` in words where the status alone does not say why. `phone` is the
    linked number, E.164, once known, and `device` WhatsApp's id (JID) of what is linked to it. `epoch` is the
    ownership under which this was seen: what comes under a lower one than was seen before is a former
    owner's late word. Within one, the last in the partition holds, whatever its time.
    """

    session_id: str
    status: SessionStatus
    reason: str | None = None
    detail: str | None = None
    phone: str | None = None
    device: str | None = None
    epoch: int = 0


class SessionDeleted(Event):
    """A session is gone: logged out of WhatsApp where that could be reached, its device's keys destroyed."""

    session_id: str


class QrCodeIssued(Event):
    """A QR code to be scanned by the phone until `expires_at`. It is a secret while it lives."""

    session_id: str
    code: str
    expires_at: Time


class PairingCodeIssued(Event):
    """A code to be entered on the phone with this number until `expires_at`. It is a secret while it lives.

    `command_id` is the record id of the `RequestPairingCode` that it answers.
    """

    session_id: str
    command_id: str
    phone: str
    code: str
    expires_at: Time
