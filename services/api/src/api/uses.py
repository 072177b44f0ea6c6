"""When each key was used last: noted in memory, told to the log at most once a minute a key."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from api.keyring import Caller
from griot_chassis.errors import BrokerUnavailableError
from griot_chassis.ids import new_id
from griot_chassis.log import get_logger
from griot_contracts.accounts import KeyUsed
from griot_contracts.cloudevents import Envelope

log = get_logger(__name__)

_EACH: Final = timedelta(minutes=1)
_FLUSHED_EVERY_S: Final = 2.0


class EventLog(Protocol):
    """What is needed of the publisher."""

    def envelope(self, body: Any, *, id: str) -> Envelope[Any]:  # noqa: A002
        """Wrap an event for the log."""
        ...

    async def publish(self, envelopes: Sequence[Envelope[Any]]) -> None:
        """Write to the log.

        Raises:
            BrokerUnavailableError: not all was acknowledged.
        """
        ...


class KeyUses:
    """The last use of each key that this instance met. What it did not tell before a crash is lost."""

    def __init__(self, log_: EventLog, *, now: Callable[[], datetime]) -> None:
        self._log = log_
        self._now = now
        self._unsaid: dict[str, KeyUsed] = {}
        self._said: dict[str, datetime] = {}

    def note(self, caller: Caller) -> None:
        """The key is used at this moment."""
        at = self._now()
        self._unsaid[caller.key_id] = KeyUsed(account_id=caller.account_id, at=at, key_id=caller.key_id)

    def last(self, key_id: str) -> datetime | None:
        """The last use that the log may not know yet."""
        use = self._unsaid.get(key_id)
        return None if use is None else use.at

    async def tell(self) -> None:
        """Tell the log of the keys that it was told nothing of for a minute."""
        now = self._now()
        self._said = {key_id: at for key_id, at in self._said.items() if now - at < _EACH}
        due = [use for key_id, use in self._unsaid.items() if key_id not in self._said]
        if not due:
            return
        await self._log.publish([self._log.envelope(use, id=new_id()) for use in due])
        for use in due:
            self._said[use.key_id] = now
            if self._unsaid[use.key_id] is use:
                del self._unsaid[use.key_id]

    async def keep_telling(self) -> None:
        """For the service's life: tell the log every two seconds."""
        while True:
            await asyncio.sleep(_FLUSHED_EVERY_S)
            try:
                await self.tell()
            except BrokerUnavailableError:
                log.warning("the last use of keys is told later")
