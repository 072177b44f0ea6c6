"""How calls are carried out: over one connection pool, again where that can help."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import timedelta
from typing import Any

import httpx
from httpx_sse import EventSource

from griot._answers import error_of, read, unavailable_without_answer
from griot._calls import Call, T
from griot._following import Following
from griot._retries import tries
from griot._target import TIMEOUT, Target
from griot._waiting import AsyncEvents, async_sleep
from griot.models import Page


class AsyncLine:
    """Carries calls out."""

    def __init__(self, target: Target, retry_for: timedelta, http: httpx.AsyncClient | None) -> None:
        self._target = target
        self._retry_for = retry_for
        self._is_own = http is None
        self._http = http or httpx.AsyncClient(timeout=TIMEOUT)

    async def do(self, call: Call[T]) -> T:
        async for attempt in tries(self._retry_for):
            with attempt, unavailable_without_answer():
                answer = await self._http.send(self._http.build_request(**self._target.request(call)))
                return read(call, answer, repeated=attempt.num > 1)
        raise AssertionError("the last attempt returns or raises")

    async def all(self, first: Call[Page[T]]) -> AsyncIterator[T]:
        page = await self.do(first)
        for one in page.data:
            yield one
        while page.next_cursor:
            page = await self.do(first.after(page.next_cursor))
            for one in page.data:
                yield one

    async def follow(self, following: Following) -> AsyncEvents:
        while True:
            answer = await self._open(following)
            async with aclosing(answer):
                with following.connection():
                    async for said in EventSource(answer).aiter_sse():
                        for event in following.heard(said):
                            yield event
            if following.over:
                return
            await async_sleep(following.pause_s)

    async def _open(self, following: Following) -> httpx.Response:
        async for attempt in tries(following.patience(self._retry_for)):
            with attempt, unavailable_without_answer():
                arguments: dict[str, Any] = self._target.request(following.call())
                request = self._http.build_request(**arguments, timeout=following.silence())
                answer = await self._http.send(request, stream=True)
                if answer.is_success:
                    return answer
                async with aclosing(answer):
                    await answer.aread()
                raise error_of(answer)
        raise AssertionError("the last attempt returns or raises")

    async def close(self) -> None:
        if self._is_own:
            await self._http.aclose()
