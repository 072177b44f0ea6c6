"""Which devices a store holds."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from session_manager.adapters.devices import Place
from session_manager.adapters.leftovers import LISTING, Leftovers

_WRITTEN_TO: Final = ("", "-wal")

Written = tuple[tuple[int, int], ...]
"""How large a store's files are, and when they were written to."""


@dataclass(frozen=True, slots=True)
class _Listed:
    """What a store was found to hold: when that was asked, and what its files were like just before."""

    store: str
    at: float
    written: Written | None
    devices: frozenset[str]


class Listing:
    """Asks the library no more often than needed: each time leaves the store open for the process' life.

    A file is not read with Python's own SQLite in its place. Two copies of SQLite in one process do not see
    each other's locks: the second to open a file truncates the index of its write-ahead log under the first,
    and takes that one's locks with it when it closes (sqlite.org/howtocorrupt.html, 2.2). So all that is
    looked at here is whether the file was written to.
    """

    def __init__(
        self, devices_in: Callable[[str], set[str]], elapsed: Callable[[], float], leftovers: Leftovers
    ) -> None:
        self._devices_in = devices_in
        self._elapsed = elapsed
        self._leftovers = leftovers
        self._turn = asyncio.Lock()
        self._last = _Listed("", float("-inf"), None, frozenset())

    async def holds(self, place: Place, jid: str, *, oldest_s: float = 0.0) -> bool:
        """Whether the store at a place holds a device.

        Those who ask at the same moment, as after a hand-over, share an answer.

        Args:
            place: where to look.
            jid: which device.
            oldest_s: how long ago a database may have been asked. Of a file, the answer is always of now.

        Raises:
            ConnectError: the store did not answer.
        """
        since = self._elapsed() - oldest_s
        async with self._turn:
            written = None if place.file is None else await asyncio.to_thread(_written, place.file)
            last = self._last
            fresh = last.at >= since if written is None else last.written == written
            if last.store != place.store or not fresh:
                self._last = await self._listed(
                    place, written
                )  # not if it failed: an old answer is no new one
            return jid in self._last.devices

    async def _listed(self, place: Place, written: Written | None) -> _Listed:
        at = self._elapsed()
        self._leftovers.add(LISTING, 1 if place.file is None else 2)
        devices = await asyncio.to_thread(self._devices_in, place.store)
        return _Listed(place.store, at, written, frozenset(devices))


def _written(file: Path) -> Written:
    found = [Path(f"{file}{end}") for end in _WRITTEN_TO]
    stats = [path.stat() for path in found if path.exists()]
    return tuple((stat.st_size, stat.st_mtime_ns) for stat in stats)
