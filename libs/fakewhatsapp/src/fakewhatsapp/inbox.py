"""What a phone shows, for readers that come and go: each has its own place in the list."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta

from fakewhatsapp.model import PhoneMessage
from fakewhatsapp.phone import Phone

_A_LONG_TIME = timedelta(hours=1)


class Inbox:
    """Everything a phone shows, in order. It is the only taker of that phone's messages."""

    def __init__(self, phone: Phone) -> None:
        self._phone = phone
        self._messages: list[PhoneMessage] = []
        self._news = asyncio.Condition()
        self._task = asyncio.create_task(self._follow())

    async def after(self, place: int, within: timedelta) -> list[PhoneMessage]:
        """The messages from this place on; waits for the first of them, and gives none if none comes."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within.total_seconds()), self._news:
                await self._news.wait_for(lambda: len(self._messages) > place)
        return self._messages[place:]

    async def close(self) -> None:
        """Take nothing more."""
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def _follow(self) -> None:
        while True:
            with suppress(TimeoutError):
                message = await self._phone.next_message(within=_A_LONG_TIME)
                async with self._news:
                    self._messages.append(message)
                    self._news.notify_all()
