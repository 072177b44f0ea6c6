"""`python tests/bench capacity`: what a worker's sessions cost, and how soon they are back after a start."""

import asyncio
import statistics
import tempfile
from pathlib import Path
from typing import Final

from tests.bench.hand_over import GIVE_UP_AFTER_S, away, tell
from tests.bench.processes import Meter, resident_mib
from tests.integration.session_manager.conftest import SessionManager
from tests.workers import Site, opened_site

SIZES: Final = (10, 100, 500)
_MEASURED_FOR_S: Final = 20.0
_SETTLES_IN_S: Final = 5.0
_HEAD: Final = (
    "| sessions | MiB | MiB a session | threads | open files | of a core, idle | under load | messages/s |\n"
    "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
)


def main() -> None:
    """Measure, and print the tables on standard output; what is going on is told on standard error."""
    print(asyncio.run(_measured()))  # noqa: T201  # the table is what was asked for


async def _measured() -> str:
    with tempfile.TemporaryDirectory(prefix="griot-bench-") as name:
        async with opened_site(Path(name), workers=0, sessions=0) as site:
            worker = site.make_worker()
            del worker.environment["GRIOT_DEVICE_STORE_URL"]  # one worker keeps its keys in files
            async with worker:
                empty = resident_mib(worker.pid)
                rows = [await _row(site, worker, size, empty) for size in SIZES]
                tell("it is killed and started again")
                await worker.kill()
                start = worker.start(within=GIVE_UP_AFTER_S)
                back = await away(site, site.sessions, start)
    times = (
        f"After kill -9 and a start all {len(back)} are connected again in {max(back):.1f} s, "
        f"the median one in {statistics.median(back):.1f} s; "
        f"{empty:.0f} MiB are there before the first session."
    )
    return "\n".join([_HEAD, *rows, "", times])


async def _row(site: Site, worker: SessionManager, size: int, empty: float) -> str:
    tell(f"linking up to {size} sessions")
    await site.link(size - len(site.sessions))
    await asyncio.sleep(_SETTLES_IN_S)  # what the clients ask for after their login
    rest, _ = await _cpu(worker)
    mib, threads, files = resident_mib(worker.pid), _count(worker, "task"), _count(worker, "fd")
    tell("under load")
    async with site.load() as load:
        before = len(load.accepted)
        busy, seconds = await _cpu(worker)
        rate = (len(load.accepted) - before) / seconds
    return (
        f"| {size} | {mib:.0f} | {(mib - empty) / size:.2f} | {threads} | {files} "
        f"| {rest:.0%} | {busy:.0%} | {rate:.0f} |"
    )


async def _cpu(worker: SessionManager) -> tuple[float, float]:
    """How much of one core it takes, and how many seconds that was measured for."""
    meter = Meter({"worker": worker.pid})
    await asyncio.sleep(_MEASURED_FOR_S)
    used = meter.stop()
    return used.cpu_s["worker"] / used.wall_s, used.wall_s


def _count(worker: SessionManager, what: str) -> int:
    return sum(1 for _ in Path(f"/proc/{worker.pid}/{what}").iterdir())
