"""What comes in on a connection and has to get into the log, before the library may go on."""

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from session_manager.adapters.inbound import is_hidden
from session_manager.domain.inbound import Fact, MessageSeen

_MOST_UNWRITTEN: Final = 50
_LOOK_AGAIN_AFTER_S: Final = 0.5
_REMEMBERED: Final = 10_000


class Intake:
    """One connection's facts.

    The library tells WhatsApp that it has something before it tells anybody here, so what is lost here is
    lost for good. It holds a hundred events of a connection, and then takes nothing more off the network:
    when the log is away, the rest waits at WhatsApp. That is why `take` blocks.
    """

    def __init__(self, number_of: Callable[[str], str | None]) -> None:
        """`number_of` says whom a hidden id stands for, if that is known."""
        self._number_of = number_of
        self._room = threading.Semaphore(_MOST_UNWRITTEN)
        self._by_hidden: dict[str, str] = {}

    def know(self, hidden: str, number: str) -> None:
        """Call somebody by this number from here on."""
        if len(self._by_hidden) >= _REMEMBERED:
            self._by_hidden.clear()
        self._by_hidden[hidden] = number

    def take(self, fact: Fact, *, over: Callable[[], bool]) -> Fact:
        """The fact as it is to be handed on; call its `written` once it is in the log.

        Blocks while too many are not. Once `over` is true, it blocks no more.
        """
        while not self._room.acquire(timeout=_LOOK_AGAIN_AFTER_S):
            if over():
                return self._named(fact)
        return replace(self._named(fact), written=self._room.release)

    def _named(self, fact: Fact) -> Fact:
        chat = self._known_as(fact.chat)
        if isinstance(fact, MessageSeen):
            return replace(fact, chat=chat, sender=self._known_as(fact.sender))
        return replace(fact, chat=chat)

    def _known_as(self, jid: str) -> str:
        if not is_hidden(jid):
            return jid
        if jid not in self._by_hidden and (number := self._number_of(jid)) is not None:
            self.know(jid, number)
        return self._by_hidden.get(jid, jid)
