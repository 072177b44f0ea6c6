"""What it means to own a session, and what the log says of the sessions there are."""

from collections.abc import Container
from dataclasses import dataclass, replace

from griot_contracts.accounts import AccountResumed, AccountSuspended
from griot_contracts.base import Contract
from griot_contracts.sessions import (
    DesiredState,
    SessionCreated,
    SessionDeleted,
    SessionStatus,
    SessionStatusChanged,
    SessionUpdated,
)
from session_manager.domain.resting import Rest, rest_told


@dataclass(frozen=True, slots=True)
class Owned:
    """A session of this worker's.

    Attributes:
        session_id: which.
        account_id: whose.
        partition: the partition of session.commands.v1 that its commands come by.
        epoch: the ownership; it grows with each, so that of two owners the later one is known.
        jid: the WhatsApp account it was linked to when it was taken over; None if to none.
        rest: why its last owner left it alone; None if it did not.
    """

    session_id: str
    account_id: str
    partition: int
    epoch: int
    jid: str | None
    rest: Rest | None = None


@dataclass(frozen=True, slots=True)
class Logged:
    """A session as the log knows it: whose it is, where it is wanted, the highest epoch it was seen under.

    `sequence` is that of the event that said last where it is wanted; `jid` its device, where one is linked;
    `rest` why it was left alone, where nobody has asked for it since.
    """

    session_id: str
    account_id: str
    epoch: int = 0
    desired: DesiredState = DesiredState.CONNECTED
    sequence: int | None = None
    jid: str | None = None
    rest: Rest | None = None

    def kept_from(self, suspended: Container[str]) -> "Logged":
        """The same, disconnected if its account is among the suspended."""
        return replace(self, desired=DesiredState.DISCONNECTED) if self.account_id in suspended else self


LastWords = dict[str, AccountSuspended | AccountResumed]
"""Of each account that was ever suspended, whether it still is."""


def hear(last: LastWords, event: Contract) -> None:
    """Take in an event of account.events.v1."""
    if isinstance(event, AccountSuspended | AccountResumed):
        before = last.get(event.account_id)
        if before is None or not event.is_overtaken(before.sequence):
            last[event.account_id] = event


Known = dict[str, Logged]


def evolve(known: Known, event: Contract) -> Known:
    """The sessions there are after an event of session.events.v1."""
    match event:
        # It may be told again, and what was told since is not forgotten.
        case SessionCreated(session_id=id_, account_id=account_id) if id_ not in known:
            return known | {id_: Logged(id_, account_id)}
        case SessionUpdated(session_id=id_, desired_state=DesiredState() as desired) if id_ in known:
            last = known[id_].sequence
            if event.is_overtaken(last):
                return known
            told_again = event.sequence is not None and event.sequence == last
            rest = known[id_].rest if told_again else None
            return known | {id_: replace(known[id_], desired=desired, sequence=event.latest(last), rest=rest)}
        case SessionStatusChanged(session_id=id_, epoch=epoch) if id_ in known and epoch >= known[id_].epoch:
            jid = None if event.status is SessionStatus.LOGGED_OUT else event.device
            return known | {id_: replace(known[id_], epoch=epoch, jid=jid, rest=rest_told(event))}
        case SessionDeleted(session_id=id_):
            return {other: one for other, one in known.items() if other != id_}
        case _:
            return known
