"""How calls are carried out: over one connection pool, again where that can help."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any

import httpx
from httpx_sse import EventSource

from griot._answers import error_of, read, unavailable_without_answer
from griot._calls import Call, T
from griot._following import Following
from griot._retries import tries
from griot._target import TIMEOUT, Target
from griot._waiting import Events, sleep
from griot.models import Page


class Line:
    """Carries calls out."""

    def __init__(self, target: Target, retry_for: timedelta, http: httpx.Client | None) -> None:
        self._target = target
        self._retry_for = retry_for
        self._is_own = http is None
        self._http = http or httpx.Client(timeout=TIMEOUT)

    def do(self, call: Call[T]) -> T:
        for attempt in tries(self._retry_for):
            with attempt, unavailable_without_answer():
                answer = self._http.send(self._http.build_request(**self._target.request(call)))
                return read(call, answer, repeated=attempt.num > 1)
        raise AssertionError("the last attempt returns or raises")

    def all(self, first: Call[Page[T]]) -> Iterator[T]:
        page = self.do(first)
        for one in page.data:
            yield one
        while page.next_cursor:
            page = self.do(first.after(page.next_cursor))
            for one in page.data:
                yield one

    def follow(self, following: Following) -> Events:
        while True:
            answer = self._open(following)
            with closing(answer):
                with following.connection():
                    for said in EventSource(answer).iter_sse():
                        for event in following.heard(said):
                            yield event
            if following.over:
                return
            sleep(following.pause_s)

    def _open(self, following: Following) -> httpx.Response:
        for attempt in tries(following.patience(self._retry_for)):
            with attempt, unavailable_without_answer():
                arguments: dict[str, Any] = self._target.request(following.call())
                request = self._http.build_request(**arguments, timeout=following.silence())
                answer = self._http.send(request, stream=True)
                if answer.is_success:
                    return answer
                with closing(answer):
                    answer.read()
                raise error_of(answer)
        raise AssertionError("the last attempt returns or raises")

    def close(self) -> None:
        if self._is_own:
            self._http.close()
