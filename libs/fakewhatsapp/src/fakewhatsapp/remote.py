"""The ledger and the faults of a network in another process, and the calls that reach it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from urllib.parse import quote

import httpx
from pydantic import TypeAdapter

from fakewhatsapp import exchange
from fakewhatsapp.exchange import FaultState, Problem, Summary
from fakewhatsapp.faults import Fault
from fakewhatsapp.ledger import Entry, Filter

_WITHIN_S = 10.0
_MORE_S = 5.0  # the server's own limit comes first, and says more
_ALL = Filter()
_FAULTS = TypeAdapter(list[FaultState])
_ENTRY = TypeAdapter(Entry | None)
_TEXTS = TypeAdapter(list[str])


class Caller:
    """Calls the control server, and raises here what was raised there."""

    def __init__(self, control: str) -> None:
        self._http = httpx.AsyncClient(base_url=control, trust_env=False)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __call__(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Mapping[str, Any] | None = None,
        content: bytes | None = None,
        within_s: float = 0,
    ) -> bytes:
        """Make a call that may take the server up to `within_s`.

        Raises:
            FakeWhatsAppError: the network refused.
            TimeoutError: the network waited in vain.
            httpx.HTTPError: no network answers there.
        """
        timeout = max(within_s + _MORE_S, _WITHIN_S)
        answer = await self._http.request(
            method, path, params=params, json=json, content=content, timeout=timeout
        )
        if answer.headers.get("x-problem"):
            raise Problem.model_validate_json(answer.content).exception()
        answer.raise_for_status()
        return answer.content


class RemoteLedger:
    """The ledger of a network elsewhere; its methods are those of `Ledger`."""

    def __init__(self, call: Caller) -> None:
        self._call = call

    async def by_id(self, message_id: str) -> Entry | None:
        """The message with this id."""
        return _ENTRY.validate_json(await self._get(f"/entries/{part(message_id)}"))

    async def entries(self, which: Filter = _ALL, *, limit: int | None = None) -> list[Entry]:
        """The messages that fit, in the order of their revisions: the last one's is the next `since`."""
        params = {**_params(which), **({"limit": limit} if limit else {})}
        return exchange.ENTRIES.validate_json(await self._get("", params))

    async def count(self, which: Filter = _ALL) -> int:
        """How many messages fit."""
        return int(await self._get("/count", _params(which)))

    async def texts_to(self, number: str) -> list[str]:
        """The texts sent to a number, in the order in which they came."""
        return _TEXTS.validate_json(await self._get(f"/texts/{part(number)}"))

    async def unreached(self) -> list[Entry]:
        """The messages that reached no device of their recipient."""
        return await self.entries(Filter(reached=False))

    async def repeated(self) -> list[list[Entry]]:
        """The same text to the same recipient under other ids."""
        return exchange.GROUPS.validate_json(await self._get("/repeated"))

    async def summary(self) -> Summary:
        """The ledger in numbers."""
        return Summary.model_validate_json(await self._get("/summary"))

    async def _get(self, path: str, params: Mapping[str, Any] | None = None) -> bytes:
        return await self._call("GET", f"/ledger{path}", params=params)


class RemoteFaults:
    """The faults of a network elsewhere; its methods are those of `Faults`."""

    def __init__(self, call: Caller) -> None:
        self._call = call

    async def add(self, fault: Fault) -> int:
        """Make something go wrong from now on.

        Returns:
            The id to clear it by.
        """
        added = FaultState.model_validate_json(await self._call("POST", "/faults", json=asdict(fault)))
        assert added.id is not None
        return added.id

    async def clear(self, fault_id: int | None = None) -> None:
        """Let one fault happen no more; without an id all, and heal what is deaf or slow."""
        await self._call("DELETE", "/faults" if fault_id is None else f"/faults/{fault_id}")

    async def due(self) -> list[FaultState]:
        """The faults that are still to happen."""
        return _FAULTS.validate_json(await self._call("GET", "/faults"))


def part(value: str) -> str:
    """A value as one part of a path."""
    return quote(value, safe="")


def _params(which: Filter) -> dict[str, Any]:
    return {name: value for name, value in asdict(which).items() if value is not None}
