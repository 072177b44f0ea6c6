"""What is heard as it happens: session and account events, and the QR codes while they live."""

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from api.keyring import Caller
from api.overlay import Overlay
from griot_chassis.records import Record
from griot_contracts.accounts import (
    AccountResumed,
    AccountSuspended,
    KeyRevoked,
    PlanChanged,
    SessionReleased,
)
from griot_contracts.base import Contract
from griot_contracts.sessions import (
    PairingCodeIssued,
    QrCodeIssued,
    SessionDeleted,
    SessionStatus,
    SessionStatusChanged,
)

_UNHEARD_MOST = 1_000
_KEPT_OF_A_SESSION = 50
_SESSIONS_KEPT = 20_000


@dataclass(frozen=True, slots=True)
class Heard:
    """An event of a session, and where it lies in its topic's partition."""

    event: Contract
    offset: int


class Ear:
    """What one listener hears of one session, in order."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Heard | None] = asyncio.Queue(_UNHEARD_MOST)

    def tell(self, heard: Heard | None) -> None:
        """Add what was heard.

        None ends it. One who does not listen for long is dropped, and may come again.
        """
        if self._queue.full():
            self._queue.get_nowait()
            heard = None
        self._queue.put_nowait(heard)

    async def __aiter__(self) -> AsyncIterator[Heard]:
        while (heard := await self._queue.get()) is not None:
            yield heard


class Live:
    """Hands on what is heard, after the overlay knows it.

    Whoever is told `connected` finds the session connected.
    """

    def __init__(
        self,
        overlay: Overlay,
        *,
        on_key_revoked: Callable[[str], None],
        on_plan_changed: Callable[[PlanChanged], None],
        on_suspension: Callable[[str], None],
    ) -> None:
        self._overlay = overlay
        self._on_key_revoked = on_key_revoked
        self._on_plan_changed = on_plan_changed
        self._on_suspension = on_suspension
        self._ears: defaultdict[str, set[Ear]] = defaultdict(set)
        self._ears_of: defaultdict[str, set[Ear]] = defaultdict(set)  # by key, and by account
        self._codes: dict[str, Heard] = {}
        self._given_up: set[str] = set()
        self._past: dict[str, deque[Heard]] = {}
        self._ended = False

    def end(self) -> None:
        """The instance stops: end what is listened to, and whatever would be."""
        self._ended = True
        for ears in self._ears.values():
            for ear in ears:
                ear.tell(None)

    async def on_events(self, records: Sequence[Record]) -> None:
        """Take session and account events. Safe to repeat."""
        for record in records:
            self._overlay.learn(record.body, record.offset)
            match record.body:
                case KeyRevoked(key_id=key_id, key_hash=key_hash):
                    self.revoke(key_id, key_hash)
                case PlanChanged() as event:
                    self._on_plan_changed(event)
                case AccountSuspended(account_id=account_id):
                    self._on_suspension(account_id)
                    self._end_ears_of(account_id)
                case AccountResumed(account_id=account_id):
                    self._on_suspension(account_id)
                case SessionStatusChanged(session_id=session_id, status=status):
                    if status in (SessionStatus.CONNECTED, SessionStatus.LOGGED_OUT, SessionStatus.FAILED):
                        self._codes.pop(session_id, None)
                    self._tell(session_id, record)
                case SessionReleased(session_id=session_id):
                    self._given_up.add(session_id)
                case SessionDeleted(session_id=session_id):
                    self._given_up.discard(session_id)
                    self._codes.pop(session_id, None)
                    self._tell(session_id, record)
                case _:
                    pass

    async def on_codes(self, records: Sequence[Record]) -> None:
        """Take QR codes, old ones included: the newest of each session is kept. Safe to repeat."""
        for record in records:
            if isinstance(record.body, QrCodeIssued):
                self._codes[record.body.session_id] = Heard(record.body, record.offset)
                self._tell(record.body.session_id, record)
            elif isinstance(record.body, PairingCodeIssued):
                self._tell(record.body.session_id, record)

    def code(self, session_id: str, now: datetime) -> Heard | None:
        """The QR code that a phone could scan at this moment."""
        heard = self._codes.get(session_id)
        if heard is None or not isinstance(heard.event, QrCodeIssued) or heard.event.expires_at <= now:
            return None
        return heard

    def past(self, session_id: str) -> list[Heard]:
        """What was heard of a session lately, in order: for a listener who was away for a moment."""
        return list(self._past.get(session_id, ()))

    def is_given_up(self, session_id: str) -> bool:
        """Whether its account gave the session up, and its owner has not said yet that it is gone."""
        return session_id in self._given_up

    @contextmanager
    def ear(self, session_id: str, *, of: Caller | None = None) -> Iterator[Ear]:
        """Listen to a session from now on. It ends with the key or the account it is for."""
        ear = Ear()
        if self._ended:
            ear.tell(None)
        self._ears[session_id].add(ear)
        owners = () if of is None else (of.key_id, of.account_id)
        for owner in owners:
            self._ears_of[owner].add(ear)
        try:
            yield ear
        finally:
            _remove(self._ears, session_id, ear)
            for owner in owners:
                _remove(self._ears_of, owner, ear)

    def revoke(self, key_id: str, key_hash: str) -> None:
        """A key is no good any more: forget it, and end what it listens to."""
        self._on_key_revoked(key_hash)
        self._end_ears_of(key_id)

    def _end_ears_of(self, owner: str) -> None:
        for ear in self._ears_of.get(owner, ()):
            ear.tell(None)

    def _tell(self, session_id: str, record: Record) -> None:
        heard = Heard(record.body, record.offset)
        past = self._past.pop(session_id, None) or deque(maxlen=_KEPT_OF_A_SESSION)
        past.append(heard)
        self._past[session_id] = past  # last in line to be forgotten
        if len(self._past) > _SESSIONS_KEPT:
            del self._past[next(iter(self._past))]
        for ear in self._ears.get(session_id, ()):
            ear.tell(heard)


def _remove(ears: defaultdict[str, set[Ear]], name: str, ear: Ear) -> None:
    ears[name].discard(ear)
    if not ears[name]:
        del ears[name]
