"""Griot's public API, as much of it as the demo and a first start use."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Self

import httpx
from httpx_sse import EventSource, ServerSentEvent

_STREAM_SILENT = 60.0  # the stream says something every 15 s


class RefusedError(Exception):
    """The API answered something other than what was asked for; the message is what it said."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        request = answer.request
        super().__init__(f"{request.method} {request.url.path} answered {answer.status_code}: {answer.text}")


@dataclass(frozen=True)
class Answer:
    """A status code and the JSON with it."""

    status: int
    body: Any


class GriotApi:
    """One client of the API; `with_key` gives one that speaks for the key's account."""

    def __init__(self, url: str, key: str | None = None) -> None:
        self._url = url
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        timeout = httpx.Timeout(20, read=_STREAM_SILENT)
        self._http = httpx.AsyncClient(
            base_url=f"{url}/api/v1", headers=headers, timeout=timeout, trust_env=False
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    def with_key(self, key: str) -> "GriotApi":
        return GriotApi(self._url, key)

    async def get(self, path: str) -> Answer:
        return _checked(await self._http.get(path))

    async def post(self, path: str, body: dict[str, Any]) -> Answer:
        """Ask for something to be made.

        Raises:
            RefusedError: the answer was no 2xx.
        """
        return _checked(await self._http.post(path, json=body))

    async def events(self, session_id: str) -> AsyncIterator[ServerSentEvent]:
        """What the session's event stream says, until the caller has heard enough."""
        async with self._http.stream("GET", f"/sessions/{session_id}/stream") as response:
            if not response.is_success:
                await response.aread()
                raise RefusedError(response)
            async for event in EventSource(response).aiter_sse():
                yield event


def _checked(answer: httpx.Response) -> Answer:
    if not answer.is_success:
        raise RefusedError(answer)
    return Answer(answer.status_code, answer.json())
