"""The media of the next messages, fetched beside the session's other work.

Only in memory: what was fetched lies in the store under the message's id, so whoever asks again, after an
attempt that failed or a crash, is told of it at once.
"""

import asyncio
from collections.abc import Callable
from typing import Final
from weakref import WeakValueDictionary

from dispatcher.domain.media import Outcome
from dispatcher.domain.message import Message
from dispatcher.handlers.ports import Media
from griot_chassis.log import get_logger
from griot_contracts.messages import TextContent

log = get_logger(__name__)

_AT_ONCE: Final = 16
_AT_ONCE_OF_ACCOUNT: Final = 4
"""So that it takes the slow servers of many to hold up everybody."""
_AGAIN_AFTER_S: Final = 2.0


class Fetching:
    """What is being fetched, and what came of it until it is asked for."""

    def __init__(self, media: Media, on_done: Callable[[int], None]) -> None:
        """`on_done` is told the partition number of a message whose media are decided."""
        self._media = media
        self._on_done = on_done
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._slots_of: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self._tasks: dict[str, asyncio.Task[Outcome]] = {}

    def outcome(self, message: Message) -> Outcome | None:
        """What came of fetching the message's media; None as long as that is not known."""
        self.begin(message)
        task = self._tasks[message.message_id]
        return task.result() if task.done() and not task.cancelled() else None

    def begin(self, message: Message) -> None:
        """Fetch the message's media, if it has any and that has not begun."""
        if needs_media(message) and message.message_id not in self._tasks:
            fetch = self._fetch(message)
            task = asyncio.create_task(fetch, name=f"media of {message.message_id}")
            self._tasks[message.message_id] = task

    def forget(self, message_id: str | None = None) -> None:
        """Remember one, or all, no more; what is still being fetched is given up."""
        for id_ in [message_id] if message_id is not None else list(self._tasks):
            task = self._tasks.pop(id_, None)
            if task is not None:
                task.cancel()

    async def _fetch(self, message: Message) -> Outcome:
        assert message.content is not None
        assert not isinstance(message.content, TextContent)
        # It is there for as long as one of the account's fetches holds it here.
        own_slots = self._slots_of.setdefault(message.account_id, asyncio.Semaphore(_AT_ONCE_OF_ACCOUNT))
        while True:
            try:
                async with own_slots, self._slots:
                    outcome = await self._media.fetch(message.message_id, message.content)
            except Exception:  # the store is away: see the port
                log.exception("media put off", message_id=message.message_id)
                await asyncio.sleep(_AGAIN_AFTER_S)
                continue
            asyncio.get_running_loop().call_soon(self._on_done, message.partition)  # once this task is done
            return outcome


def needs_media(message: Message) -> bool:
    """Whether something is to be fetched before the message can be sent."""
    return message.content is not None and not isinstance(message.content, TextContent)
