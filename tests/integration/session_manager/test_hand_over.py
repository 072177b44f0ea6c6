"""Workers come, go, die and stand still; each session has one connection, and each message one reader."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from griot_contracts.sessions import QrCodeIssued
from tests.support import eventually
from tests.workers import HANDED_OVER_WITHIN, Site, opened_site

SESSIONS = 20
"""So many that each of three workers has one: of 8, a third of the partitions holds none in one run of 25."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    async with opened_site(tmp_path_factory.mktemp("site"), workers=2, sessions=SESSIONS) as site:
        yield site


async def test_the_sessions_of_a_killed_worker_are_connected_elsewhere(site: Site) -> None:
    victim, other = site.workers[:2]
    shares = await site.shared_by(victim, other)
    async with site.load():
        before = site.logins()
        await victim.kill()
        await site.moved(shares[victim], before)
        after = site.logins()

    assert {one: after[one] for one in shares[other]} == {one: before[one] for one in shares[other]}


async def test_a_worker_that_is_stopped_hands_its_sessions_over_without_waiting_to_be_missed(
    site: Site,
) -> None:
    leaver, other = site.workers[:2]
    shares = await site.shared_by(leaver, other)
    async with site.load() as load:
        before, replaced = site.logins(), site.replaced()
        await leaver.stop()
        await site.moved(shares[leaver], before)
        after = site.logins()

    assert {one: after[one] for one in shares[other]} == {one: before[one] for one in shares[other]}
    assert site.replaced() == replaced, "no two connections of a session at once"
    assert not load.doubtful


async def test_only_the_sessions_that_move_to_a_new_worker_notice(site: Site) -> None:
    first, second = site.workers[:2]
    await site.shared_by(first, second)
    async with site.load() as load:
        before = site.logins()
        third = site.make_worker()
        async with third:
            shares = await site.shared_by(first, second, third)
            after = site.logins()

    assert {one for one in site.sessions if after[one] > before[one]} == shares[third]
    assert not load.doubtful


async def test_a_worker_that_stood_still_lets_go_and_takes_nothing_back_from_the_new_owner(
    site: Site,
) -> None:
    sleeper, other = site.workers[:2]
    shares = await site.shared_by(sleeper, other)
    async with site.load():
        before, replaced = site.logins(), site.replaced()
        sleeper.pause()
        await site.moved(shares[sleeper], before)
        restarts = sleeper.restarts
        sleeper.resume()
        await eventually(
            lambda: sleeper.restarts > restarts, within=HANDED_OVER_WITHIN, what="it begins a new life"
        )
        await site.shared_by(sleeper, other)

    for one in site.sessions:  # the sleeping connection was there to be replaced, and no other ever was
        assert site.replaced()[one] - replaced[one] <= (one in shares[sleeper])
    assert "stood still" in await asyncio.to_thread(sleeper.log.read_text)


async def test_a_session_whose_keys_are_gone_is_linked_anew_and_harms_no_other(site: Site) -> None:
    first, second = site.workers[:2]
    shares = await site.shared_by(first, second)
    gone, *others = sorted(shares[first])
    before, restarts = site.logins(), second.restarts
    await site.lose_keys_of(gone)
    site.desk.heard.clear()
    await first.stop()
    await site.desk.hears(gone, QrCodeIssued)
    site.forget(gone)
    await site.moved(others, before)

    assert second.restarts == restarts


async def test_of_a_dropped_database_every_session_comes_back_with_its_device(site: Site) -> None:
    first, second = site.workers[:2]
    await site.shared_by(first, second)
    before = site.logins()
    site.desk.heard.clear()
    await asyncio.gather(first.stop(), second.stop())
    await site.drop_database()
    await asyncio.gather(first.start(), second.start())
    await site.moved(site.sessions, before)

    assert not any(site.desk.told(one, QrCodeIssued) for one in site.sessions), "nobody has to scan again"


async def test_no_password_is_in_a_log(site: Site) -> None:
    for worker in site.workers:
        log = await asyncio.to_thread(worker.log.read_text)
        assert "postgres://" not in log
        assert worker.environment["GRIOT_DEVICE_STORE_URL"].split("@")[0].rpartition(":")[2] not in log
