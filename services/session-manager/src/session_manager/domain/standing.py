"""Where a session stands after what was seen of its connection, and what is to be done about it."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final, assert_never

from griot_contracts.sessions import SessionStatus


@dataclass(frozen=True, slots=True)
class QrShown:
    """A QR code that a phone may scan while it is shown."""

    code: str
    shown_for: timedelta


@dataclass(frozen=True, slots=True)
class PairingEnded:
    """No further QR code comes.

    `outcome` is the library's word, `ran_out` whether all codes were shown for their whole time.
    """

    outcome: str
    ran_out: bool


@dataclass(frozen=True, slots=True)
class Identified:
    """The device belongs to this WhatsApp account."""

    jid: str


@dataclass(frozen=True, slots=True)
class Online:
    """Logged in; sends work from here on."""


@dataclass(frozen=True, slots=True)
class Offline:
    """The connection is gone; the library connects again by itself, or says nothing more."""


@dataclass(frozen=True, slots=True)
class Overdue:
    """It has been where it is for longer than `patience` allows."""


@dataclass(frozen=True, slots=True)
class Silent:
    """The connection is there, and WhatsApp does not answer on it."""


@dataclass(frozen=True, slots=True)
class Stuck:
    """A message or a question was not answered in any time; none is before the connection is made anew."""


@dataclass(frozen=True, slots=True)
class Audible:
    """WhatsApp answers again."""


@dataclass(frozen=True, slots=True)
class Unlinked:
    """The device was logged out, by the phone or by WhatsApp; its keys are worthless.

    `cause` is the library's name for it.
    """

    cause: str


@dataclass(frozen=True, slots=True)
class Replaced:
    """Somebody else logged in with this device's keys."""


@dataclass(frozen=True, slots=True)
class Banned:
    """WhatsApp keeps the account out for a time."""

    cause: str
    for_: timedelta


@dataclass(frozen=True, slots=True)
class LoginRefused:
    """WhatsApp refused the login for a reason the library has no name for."""

    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Outdated:
    """WhatsApp does not talk to this version of the library any more."""


@dataclass(frozen=True, slots=True)
class Broken:
    """The connection did not come up, or the library gave it up."""


Observation = (
    QrShown | PairingEnded | Identified | Online | Offline | Overdue | Silent | Stuck | Audible | Unlinked
    | Replaced | Banned | LoginRefused | Outdated | Broken
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Keep:
    """Leave the connection as it is."""


@dataclass(frozen=True, slots=True)
class Reconnect:
    """End the connection and make another: after the usual growing time, and this one before it."""

    after: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class GiveUp:
    """End the connection; another one is made when somebody asks.

    `keys_gone` if the device's keys are to be destroyed.
    """

    keys_gone: bool = False


Step = Keep | Reconnect | GiveUp


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a session stands: what `SessionStatusChanged` tells.

    `jid` is the device's, once it is linked.
    """

    status: SessionStatus
    reason: str | None = None
    detail: str | None = None
    jid: str | None = None

    @property
    def phone(self) -> str | None:
        """The number of the account, in E.164."""
        return None if self.jid is None else "+" + self.jid.partition("@")[0].partition(":")[0]

    def at(self, status: SessionStatus, reason: str | None = None, detail: str | None = None) -> "Standing":
        """The same session elsewhere."""
        return replace(self, status=status, reason=reason, detail=detail)


NO_ANSWER: Final = "no_answer"
OUTDATED: Final = "client_outdated"
STOPPED: Final = "stopped"
PAIRING_LASTS: Final = timedelta(seconds=160)
"""How long WhatsApp waits for a phone on one connection: the first QR code, and those that follow."""
LOGIN_WITHIN: Final = timedelta(seconds=30)
"""How long a login may take, and the library's own attempts at one after a connection was lost."""
_AFTER_A_BAN: Final = timedelta(seconds=5)
_SHORTEST_BAN: Final = timedelta(minutes=1)  # WhatsApp may leave out how long it lasts
_LONGEST_WAIT: Final = timedelta(minutes=5)
_UNLINKED: Final = {"LOGGED_OUT": "unlinked_from_phone", "MAIN_DEVICE_GONE": "main_device_gone"}
_LINK_AGAIN: Final = "the phone does not know this device any more: start the session and scan a new code"
_WAIT: Final = "slow down, and ask nothing of this number; it is tried again by itself after"
_UPDATE: Final = "WhatsApp no longer takes this version of its client: bring Griot up to date"
_TWO_HOURS: Final = 120
_PASSING: Final = {SessionStatus.STARTING, SessionStatus.DISCONNECTED, SessionStatus.RESTRICTED}
_PAIRING: Final = {
    "error": (SessionStatus.FAILED, "pairing_failed", "the phone did not finish linking: start it again"),
    "err-client-outdated": (SessionStatus.FAILED, OUTDATED, _UPDATE),
}


def starting(jid: str | None = None) -> Standing:
    """Where a session stands whose connection is about to be made."""
    return Standing(SessionStatus.STARTING, jid=jid)


def wait_before(failures: int, spread: float) -> timedelta:
    """How long to wait after so many failures in a row.

    `spread`, 0 to 1, keeps sessions from coming back all at once.
    """
    return min(timedelta(seconds=2 ** min(failures, 10)), _LONGEST_WAIT) * (0.5 + spread / 2)


def patience(now: Standing) -> timedelta | None:
    """How long a session may stay where it is while its connection says nothing; None for ever."""
    scanned = now.status is SessionStatus.AWAITING_SCAN and now.jid is not None
    return LOGIN_WITHIN if scanned or now.status in _PASSING else None


def react(now: Standing, seen: Observation) -> tuple[Standing, Step]:
    """Where the session stands after an observation, and what is to be done."""
    match seen:
        case QrShown() | PairingEnded() | Identified():
            return _pairing(now, seen)
        case Online() | Offline() | Silent() | Audible():
            return _connection(now, seen), Keep()
        case Overdue():
            return _overdue(now), Reconnect()
        case Stuck():
            return now.at(SessionStatus.DISCONNECTED, NO_ANSWER), Reconnect()
        case Broken():
            return now.at(SessionStatus.DISCONNECTED, "connect_failed"), Reconnect()
        case _:
            return _refusal(now, seen)


def _pairing(now: Standing, seen: QrShown | PairingEnded | Identified) -> tuple[Standing, Step]:
    match seen:
        case QrShown():
            return Standing(SessionStatus.AWAITING_SCAN), Keep()  # whose it was before, it is no more
        case Identified(jid):
            return replace(now, jid=jid), Keep()
        case PairingEnded("success"):
            return now, Keep()
        case PairingEnded("timeout", ran_out=True):
            return now.at(
                SessionStatus.FAILED, "pairing_timeout", "no phone scanned a code in time: start it again"
            ), GiveUp()
        case PairingEnded(outcome):
            if outcome in _PAIRING:
                return now.at(*_PAIRING[outcome]), GiveUp()
            return _cut(now), Reconnect()
        case _:
            assert_never(seen)


def _connection(now: Standing, seen: Online | Offline | Silent | Audible) -> Standing:
    match seen:
        case Online():
            return now.at(SessionStatus.CONNECTED)
        case Offline():
            return _cut(now)
        case Silent() if now.status is not SessionStatus.CONNECTED:
            return now  # what was not connected is not lost, nor is it connected when an answer comes again
        case Silent():
            return now.at(SessionStatus.DISCONNECTED, NO_ANSWER)
        case Audible():
            return now.at(SessionStatus.CONNECTED) if now.reason == NO_ANSWER else now
        case _:
            assert_never(seen)


def _cut(now: Standing) -> Standing:
    """Where a session stands whose connection is gone.

    After a scan WhatsApp closes the connection, and the library logs in on another; the end of the first may
    be seen before the scan is. So what was not connected yet is not told as lost, and what was lost before is
    lost for the same reason.
    """
    match now.status:
        case SessionStatus.AWAITING_SCAN if now.jid is not None:
            return now
        case SessionStatus.AWAITING_SCAN | SessionStatus.STARTING:
            return now.at(SessionStatus.STARTING)
        case SessionStatus.DISCONNECTED:
            return now
        case _:
            return now.at(SessionStatus.DISCONNECTED, "connection_lost")


def _overdue(now: Standing) -> Standing:
    was_lost = now.status is SessionStatus.DISCONNECTED
    return now if was_lost else now.at(SessionStatus.DISCONNECTED, "login_timeout")


def _refusal(
    now: Standing, seen: Unlinked | Replaced | Banned | LoginRefused | Outdated
) -> tuple[Standing, Step]:
    match seen:
        case Unlinked(cause):
            reason = _UNLINKED.get(cause, "logged_out_by_whatsapp")
            return now.at(SessionStatus.LOGGED_OUT, reason, _LINK_AGAIN), GiveUp(keys_gone=True)
        case Replaced():
            return now.at(SessionStatus.DISCONNECTED, "stream_replaced"), Reconnect(_LONGEST_WAIT / 10)
        case Banned(cause, for_):
            wait, detail = max(for_, _SHORTEST_BAN), f"{cause.lower()}: {_WAIT} {_in_words(for_)}"
            return now.at(SessionStatus.RESTRICTED, "temporary_ban", detail), Reconnect(wait + _AFTER_A_BAN)
        case LoginRefused(detail):
            return now.at(SessionStatus.DISCONNECTED, "login_refused", detail), Reconnect()
        case Outdated():
            return now.at(SessionStatus.FAILED, OUTDATED, _UPDATE), GiveUp()
        case _:
            assert_never(seen)


def _in_words(time: timedelta) -> str:
    minutes = max(1, round(time.total_seconds() / 60))
    return f"{minutes} minutes" if minutes < _TWO_HOURS else f"{round(minutes / 60)} hours"
