"""`python tests/bench hand-over`: how long sessions are away when workers die, stop and come."""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Collection
from pathlib import Path
from typing import Final

from tests.workers import Site, opened_site

SESSIONS: Final = 100
WORKERS: Final = 3
_LOOK_EVERY_S: Final = 0.02
GIVE_UP_AFTER_S: Final = 300.0


def main() -> None:
    """Measure, and print the table on standard output; what is going on is told on standard error."""
    print(asyncio.run(_measured()))  # noqa: T201  # the table is what was asked for


async def _measured() -> str:
    with tempfile.TemporaryDirectory(prefix="griot-bench-") as name:
        tell(f"linking {SESSIONS} sessions, on {WORKERS} workers")
        async with opened_site(Path(name), workers=WORKERS, sessions=SESSIONS) as site:
            first, *others = site.workers
            rows = []
            shares = await site.shared_by(first, *others)
            async with site.load() as load:
                tell("one is killed")
                rows.append(_row("killed with -9", await away(site, shares[first], first.kill())))
                await first.start()
                shares = await site.shared_by(first, *others)
                tell("one is stopped")
                rows.append(_row("stopped", await away(site, shares[first], first.stop())))
                tell("one comes")
                before = site.logins()
                started = time.monotonic()
                shares = await site.shared_by(first, *others)
                took = time.monotonic() - started
                moved = sum(site.logins()[one] > before[one] for one in site.sessions)
            sent, unknown = len(load.accepted), len(load.doubtful)
    counted = f"{sent} messages meanwhile: none lost, none doubled; {unknown} told as unknown."
    head = "| a worker is | sessions moved | away, median s | worst s |\n| --- | ---: | ---: | ---: |"
    added = f"A worker that comes has its share in {took:.1f} s: {moved} of {SESSIONS} sessions reconnected."
    return "\n".join([head, *rows, "", added, counted])


async def away(site: Site, sessions: Collection[str], end: Awaitable[None]) -> list[float]:
    """Seconds from when `end` begins until each session is connected again."""
    before, began, back = site.logins(), time.monotonic(), dict[str, float]()
    ending = asyncio.ensure_future(end)
    while len(back) < len(sessions) and time.monotonic() < began + GIVE_UP_AFTER_S:
        for one in sessions:
            device = site.device(one)
            if one not in back and device.logins > before[one] and device.active:
                back[one] = time.monotonic() - began
        await asyncio.sleep(_LOOK_EVERY_S)
    await ending
    return [back.get(one, float("inf")) for one in sessions]


def _row(what: str, seconds: list[float]) -> str:
    return f"| {what} | {len(seconds)} | {statistics.median(seconds):.1f} | {max(seconds):.1f} |"


def tell(words: str) -> None:
    sys.stderr.write(f"{words}\n")
