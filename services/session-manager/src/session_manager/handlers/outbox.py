"""What was seen of the connections, on its way to the log.

In order, in batches, and not lost while the broker is away.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Collection
from typing import Final

from griot_chassis.errors import BrokerUnavailableError, RecordTooLargeError
from griot_chassis.log import get_logger
from griot_contracts.base import Contract, Event
from griot_contracts.cloudevents import Envelope
from session_manager.handlers.ports import Publisher

log = get_logger(__name__)
Entry = tuple[Envelope[Contract], Callable[[], None] | None]
"""What is published, and who wants to know."""

_BATCH: Final = 500
_TRY_AGAIN_AFTER_S: Final = 0.5
_FLUSH_WITHIN_S: Final = 4.0
_MOST_HELD: Final = 100_000
"""More than this is not held while the broker is away: the oldest give way, and the log says so."""


class Outbox:
    """Takes events without waiting and publishes them as soon as it can. `run` must run."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self._waiting: deque[Entry] = deque(maxlen=_MOST_HELD)
        self._batch: list[Entry] = []
        self._something = asyncio.Event()
        self._nothing = asyncio.Event()
        self._nothing.set()

    def add(self, event: Event, record_id: str, written: Callable[[], None] | None = None) -> None:
        """Have an event published, after all that was added before it; `written` is called once it is."""
        if len(self._waiting) == _MOST_HELD:
            log.error("the broker was away for too long: an event was dropped", held=_MOST_HELD)
        self._waiting.append((self._publisher.envelope(event, id=record_id), written))
        self._something.set()
        self._nothing.clear()

    async def run(self) -> None:
        """Publish, for the service's life."""
        while True:
            await self._something.wait()
            while len(self._batch) < _BATCH and self._waiting:
                self._batch.append(self._waiting.popleft())
            try:
                await self._publisher.publish([envelope for envelope, _ in self._batch])
            except BrokerUnavailableError:
                log.warning("the broker is away", held=len(self._waiting) + len(self._batch))
                await asyncio.sleep(_TRY_AGAIN_AFTER_S)
                continue
            except RecordTooLargeError as error:
                log.exception("an event is dropped")
                self._over({error.id})
                continue
            self._over({envelope.id for envelope, _ in self._batch})
            if not self._waiting:
                self._something.clear()
                self._nothing.set()

    def _over(self, ids: Collection[str]) -> None:
        """These of the batch are in the log, or never will be."""
        for envelope, written in self._batch:
            if envelope.id in ids and written is not None:
                written()
        self._batch = [entry for entry in self._batch if entry[0].id not in ids]

    async def flush(self) -> None:
        """Wait until all that was added is in the log, or until that takes too long."""
        try:
            async with asyncio.timeout(_FLUSH_WITHIN_S):
                await self._nothing.wait()
        except TimeoutError:
            log.warning("not all is in the log", held=len(self._waiting) + len(self._batch))
