"""Everything that can die dies, and every connection is cut, while accounts send; then it is counted.

The plan of faults follows from the seed, which is printed: `make chaos SEED=...` runs the same again. `make
chaos LONG=1` goes on for an hour, one plan after the other, each with the next seed. It drops databases as
well, and stops one process for a minute; and what was sent in one round must be as it was after the next.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from random import SystemRandom

import pytest

from tests.chaos import plan
from tests.chaos.driver import Driver
from tests.chaos.load import Load, Sender, opened_load
from tests.chaos.reckoning import Reckoning, reckon
from tests.chaos.site import Site, opened_site
from tests.chaos.stories import (
    Databases,
    MessageLog,
    longest_silence,
    operator,
    raise_plan,
    sent_by,
    shown_to,
    times,
)

AN_HOUR_S = 3600
DRAINED_WITHIN_S = 600
"""Generous: a message that was tried again and again waits longer each time."""
_LOOK_EVERY_S = 1.0

FIRST_SEED = int(os.environ.get("CHAOS_SEED") or SystemRandom().randrange(10**6))
LONG = bool(os.environ.get("CHAOS_LONG"))

Tell = Callable[[str], None]


@pytest.fixture(scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    async with opened_site(tmp_path_factory.mktemp("chaos")) as site:
        yield site


@pytest.fixture
def tell(capfd: pytest.CaptureFixture[str]) -> Tell:
    """Say a line at once, whatever pytest captures."""

    def say(line: str) -> None:
        with capfd.disabled():
            print(line, flush=True)  # noqa: T201 - the report is what this is for

    return say


@pytest.mark.slow
@pytest.mark.timeout(2 * AN_HOUR_S if LONG else 1_500)
async def test_nothing_is_lost_and_nothing_doubled_in_silence(site: Site, tell: Tell) -> None:
    seed, ends_at = FIRST_SEED, time.monotonic() + (AN_HOUR_S if LONG else 0)
    earlier: list[Sender] = []
    tell(f"the logs are in {site.stack.folder}")
    while True:
        tell(f"\nSEED={seed}")
        reckoning = await one_round(site, seed, earlier, tell)
        assert reckoning.holds, f"SEED={seed}\n" + "\n".join(reckoning.lines())
        seed += 1
        if time.monotonic() >= ends_at:
            return


async def one_round(site: Site, seed: int, earlier: list[Sender], tell: Tell) -> Reckoning:
    """Let everything of one plan happen, mend it, wait until nothing moves, and count.

    What was sent in earlier rounds must be as it was; who sent in this one is of the earlier ones after it.
    """
    async with (
        operator(site.kafka.bootstrap) as publisher,
        opened_load(
            site.stack.api_url, site.network, lambda account_id: raise_plan(publisher, account_id)
        ) as load,
    ):
        driver = Driver(site, [sender.number for sender in load.senders], tell)
        async with asyncio.TaskGroup() as group:
            group.create_task(load.run())
            await driver.run(plan.plan(seed, long=LONG), load.next_accepted)
            await site.heal()
            load.stop()
        tell("everything is mended, and what was begun is accepted")
        reckoning = await settled(site, load, earlier, tell)
        earlier += load.senders
        return reckoning


async def settled(site: Site, load: Load, earlier: list[Sender], tell: Tell) -> Reckoning:
    """The reckoning once it holds; else as it is when nothing has changed it for long."""
    databases = Databases(site.mongo.url)
    deadline = time.monotonic() + DRAINED_WITHIN_S
    async with MessageLog(site.kafka.bootstrap) as log:
        while True:
            told = await log.to_its_end()
            reckoning, silence_s = await compared(site, load.senders, log, databases)
            if told.all_ended and reckoning.holds:
                # A database that was dropped late may hold this round already, and not yet those before.
                before, _ = await compared(site, earlier, log, databases)
                reckoning.wrong += [f"of an earlier round: {what}" for what in before.lost + before.wrong]
                if reckoning.holds:
                    break
            if time.monotonic() > deadline:
                break
            await asyncio.sleep(_LOOK_EVERY_S)
    await databases.close()
    for line in reckoning.lines():
        tell(line)
    tell(
        f"longest stall: {load.longest_silence_s:.1f} s without a message accepted, "
        f"{silence_s:.1f} s without one delivered"
    )
    return reckoning


async def compared(
    site: Site, of: list[Sender], log: MessageLog, databases: Databases
) -> tuple[Reckoning, float]:
    entries = await shown_to(site.network, of)
    stored = await databases.statuses([sender.account.id for sender in of])
    senders = [sent_by(sender) for sender in of]
    ours = log.told.of({sender.account_id for sender in senders})
    reckoning = reckon(senders, ours, times(entries), stored)
    for sender in senders:
        accepted = ours.accepted_of(sender.account_id)
        counted = await databases.counted(sender.account_id)
        if counted != (accepted, accepted):
            reckoning.wrong.append(
                f"{sender.account_id}: accepted {accepted}, counted (api, quota) {counted}"
            )
    return reckoning, longest_silence([entry.at for entry in entries])
