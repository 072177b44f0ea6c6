"""`griot rebuild api`: the documents made again from the log alone, while the api goes on reading.

The next generation is folded beside the live one, from the log's beginning to its end, with the projector's
own code. Then the projector is turned to it; when it has read there what was written meanwhile, the api is
turned to it too. A crash in between leaves two that differ: run again, it takes up where it stopped.
"""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from api.projector.adapters import GROUP, Projector, ensure_indexes
from api.projector.generations import Generation, Generations
from api.projector.reading import PROJECTED
from api.settings import ReadSideSettings
from griot_chassis.errors import ChassisError
from griot_chassis.log_ends import LogEnds
from griot_chassis.log_scan import LogScan, partitions_of
from griot_chassis.mongo import connect
from griot_chassis.positions import Positions
from griot_chassis.records import Partition

Tell = Callable[[int, int], None]
"""Is told how many records are done, of how many."""

_NEAR_ENOUGH: Final = 1_000
"""Records behind the end at which the projector may take over."""
_NOTICED_WITHIN_S: Final = 3.0
"""More than it takes a projector or an api to notice that it has to turn."""
_TAKEN_OVER_WITHIN: Final = timedelta(minutes=10)


class NotTakenOverError(ChassisError):
    """The projector has not read the new documents' log to its end in time: it may not run."""


async def rebuild(tell: Tell, settings: ReadSideSettings | None = None) -> str:
    """Rebuild the documents, and say in words what was done. Safe to repeat, also after a crash.

    Raises:
        NotTakenOverError: the documents are rebuilt, and no projector goes on with them; start one and
        repeat.
    """
    settings = settings or ReadSideSettings()
    client = connect(settings.mongo_url, "rebuild")
    ends = LogEnds(settings.kafka_bootstrap)
    try:
        generations = Generations(client, settings.api_database)
        before = await generations.now()
        if before.written == before.read:
            name = generations.after(before.read)
            await _fold(generations, name, settings.kafka_bootstrap, tell)
            await generations.turn(Generation(written=name, read=before.read))
        name = (await generations.now()).written
        await asyncio.sleep(_NOTICED_WITHIN_S)
        await _until_caught_up(generations, name, ends)
        await generations.turn(Generation(written=name, read=name))
        await asyncio.sleep(_NOTICED_WITHIN_S)
        await generations.empty(before.read)
        return f"The api reads {name}."
    finally:
        await ends.stop()
        client.close()


async def _fold(generations: Generations, name: str, bootstrap: str, tell: Tell) -> None:
    await generations.empty(name)  # what a rebuild left that died before it turned to it
    database = generations.database(name)
    await ensure_indexes(database)
    projector, scan = Projector(database), LogScan(bootstrap, partitions_of(*PROJECTED))
    behind, passed = _NEAR_ENOUGH, 0
    while behind >= _NEAR_ENOUGH:
        async for batch in scan.records(starts=dict(scan.reached)):
            await projector(batch)
            tell(passed + scan.done, passed + scan.total)
        behind, passed = scan.total, passed + scan.total
    await Positions(database, GROUP).save(scan.reached)
    tell(passed, passed)


async def _until_caught_up(generations: Generations, name: str, ends: LogEnds) -> None:
    wanted = await ends.of(*PROJECTED)
    positions = Positions(generations.database(name), GROUP)
    try:
        async with asyncio.timeout(_TAKEN_OVER_WITHIN.total_seconds()):
            while not _reached(await positions.load(wanted), wanted):  # noqa: ASYNC110 - another process moves
                await asyncio.sleep(_NOTICED_WITHIN_S / 10)
    except TimeoutError:
        raise NotTakenOverError(f"no projector has taken over {name}; start one and run this again") from None


def _reached(positions: dict[Partition, int], wanted: dict[Partition, int]) -> bool:
    return all(positions.get(partition, 0) >= end for partition, end in wanted.items())
