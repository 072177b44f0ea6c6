"""The WhatsApp library aborts the process when calls meet in its maps; a worker lets none meet."""

import os
from collections.abc import AsyncIterator
from typing import Final

import pytest

from tests.workers import Site, opened_site

SESSIONS: Final = 50
STARTS: Final = 50 if os.environ.get("CHAOS_LONG") else 3

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600 if os.environ.get("CHAOS_LONG") else 480)]


@pytest.fixture(scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    async with opened_site(tmp_path_factory.mktemp("site"), workers=1, sessions=SESSIONS) as site:
        yield site


async def test_a_worker_starts_with_fifty_sessions_under_load_and_never_aborts(site: Site) -> None:
    (worker,) = site.workers
    async with site.load():
        for _ in range(STARTS):
            before = site.logins()
            await worker.kill()
            await worker.start()
            await site.moved(site.sessions, before)

    assert worker.restarts == 0, "it never ended by itself"
