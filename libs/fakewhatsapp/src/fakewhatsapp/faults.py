"""Trouble on command: what the network is to do wrong, to whom, and how often.

A fault is data. The registry keeps the faults that are due; the code that serves connections asks it at the
moments where something can go wrong, and does what it is told:

- at a login, before it is accepted: `for_login`;
- when a login has been accepted, and for every live connection when a fault is added: `for_connection`;
- at each message of a client, before it is taken: `for_message`.

Asking uses a fault up: one that is to happen once is gone when it has been asked for.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum

from fakewhatsapp.errors import FakeWhatsAppError


class FaultKind(StrEnum):
    """What goes wrong."""

    REFUSE_LOGIN = "refuse-login"
    """The login is answered with the failure `code`; with 402, a ban, for `seconds`."""
    DROP = "drop"
    """The connection is cut: now if there is one, otherwise right after the next login."""
    REPLACE = "replace"
    """The client is told that another one took its place: now, or right after the next login."""
    DEAF = "deaf"
    """The connection stays open, and nothing is heard or answered on it."""
    FORGET = "forget"
    """The device is logged out and not told: the connection stays, and what it asks is refused."""
    SLOW = "slow"
    """Each frame, either way, takes `seconds` longer."""
    LOSE_MESSAGE = "lose-message"
    """The connection is cut when the message comes, before anybody gets it."""
    DROP_ON_MESSAGE = "drop-on-message"
    """The connection is cut when the message comes: the recipient gets it, its sender no acknowledgement."""
    NEVER_ACK = "never-ack"
    """The recipient gets the message, its sender no acknowledgement."""
    REFUSE_MESSAGE = "refuse-message"
    """Nobody gets the message, and the acknowledgement says the error `code`."""
    ACK_LATE = "ack-late"
    """The recipient gets the message at once, its sender the acknowledgement `seconds` later."""


class FaultError(FakeWhatsAppError, ValueError):
    """A fault that makes no sense."""


LOGIN = frozenset({FaultKind.REFUSE_LOGIN})
CONNECTION = frozenset({FaultKind.DROP, FaultKind.REPLACE, FaultKind.DEAF, FaultKind.FORGET, FaultKind.SLOW})
MESSAGE = frozenset(
    {
        FaultKind.LOSE_MESSAGE,
        FaultKind.DROP_ON_MESSAGE,
        FaultKind.NEVER_ACK,
        FaultKind.REFUSE_MESSAGE,
        FaultKind.ACK_LATE,
    }
)
LOGIN_CODES = frozenset({401, 402, 403, 405, 409, 503})
BANNED = 402
_WITH_CODE = frozenset({FaultKind.REFUSE_LOGIN, FaultKind.REFUSE_MESSAGE})
_WITH_SECONDS = frozenset({FaultKind.SLOW, FaultKind.ACK_LATE})


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong.

    Raises:
        FaultError: the kind needs a code or a duration that is missing, or knows no such code.
    """

    kind: FaultKind
    number: str | None = None
    """Whose clients it happens to: an account's number with its plus sign; None: everybody's."""
    times: int | None = 1
    """How often it happens; None: until it is cleared."""
    code: int | None = None
    """The code that a refusal carries."""
    seconds: float = 0.0
    """How long, for the kinds that take time."""

    def __post_init__(self) -> None:
        if self.times is not None and self.times < 1:
            raise FaultError("a fault happens at least once")
        if (self.code is not None) != (self.kind in _WITH_CODE):
            raise FaultError(f"{self.kind} {'needs a' if self.kind in _WITH_CODE else 'has no'} code")
        if self.kind in LOGIN and self.code not in LOGIN_CODES:
            raise FaultError(f"logins are refused with one of {sorted(LOGIN_CODES)}")
        timed = self.kind in _WITH_SECONDS or self.code == BANNED
        if (self.seconds > 0) != timed:
            raise FaultError(f"{self.kind} {'needs a' if timed else 'has no'} duration")


class Faults:
    """The faults that are due. A number's own come before those for everybody, older ones before newer."""

    def __init__(self) -> None:
        self._due: dict[int, tuple[Fault, int | None]] = {}
        self._ids = itertools.count(1)
        self._on_add: list[Callable[[], None]] = []
        self._on_heal: list[Callable[[], None]] = []

    def add(self, fault: Fault) -> int:
        """Make something go wrong from now on.

        Returns:
            The id to clear it by.
        """
        fault_id = next(self._ids)
        self._due[fault_id] = (fault, fault.times)
        for look_again in self._on_add:
            look_again()
        return fault_id

    def clear(self, fault_id: int | None = None) -> None:
        """Let a fault happen no more; one that is over already makes no difference.

        Without an id all are cleared, and connections that are deaf or slow are healed.
        """
        if fault_id is not None:
            self._due.pop(fault_id, None)
            return
        self._due.clear()
        for heal in self._on_heal:
            heal()

    def due(self) -> dict[int, tuple[Fault, int | None]]:
        """The faults that are still to happen, by id, each with how often it still will."""
        return dict(self._due)

    def watch(self, on_add: Callable[[], None], on_heal: Callable[[], None]) -> None:
        """Have live connections looked after.

        Args:
            on_add: called after every `add`: ask `for_connection` for each live connection.
            on_heal: called when everything was cleared: let each live connection hear, and be fast, again.
        """
        self._on_add.append(on_add)
        self._on_heal.append(on_heal)

    def for_login(self, number: str) -> Fault | None:
        """What happens to this login, if anything; uses it up."""
        return next((fault for _, fault in self._take(number, LOGIN)), None)

    def for_message(self, number: str, message_id: str) -> Fault | None:
        """What happens to this message of a client of this number, if anything; uses it up."""
        return next((fault for _, fault in self._take(number, MESSAGE)), None)

    def for_connection(self, number: str, had: set[int]) -> list[Fault]:
        """What happens to a connection now; uses it up.

        Args:
            number: whose it is.
            had: the ids of the faults that this very connection has had, which do not happen to it again.
                Those that happen now are added.
        """
        faults = []
        for fault_id, fault in self._take(number, CONNECTION, had):
            had.add(fault_id)
            faults.append(fault)
        return faults

    def _take(
        self, number: str, kinds: frozenset[FaultKind], had: Collection[int] = ()
    ) -> Iterator[tuple[int, Fault]]:
        """The faults that fit; each is used when it is given, not before."""
        if not self._due:
            return
        for whose in (number, None):
            for fault_id, (fault, left) in list(self._due.items()):
                if fault.number == whose and fault.kind in kinds and fault_id not in had:
                    self._use(fault_id, fault, left)
                    yield fault_id, fault

    def _use(self, fault_id: int, fault: Fault, left: int | None) -> None:
        if left == 1:
            del self._due[fault_id]
        elif left is not None:
            self._due[fault_id] = (fault, left - 1)
