"""A web server, a database, and one who fetches from the one into the other."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import pytest

from dispatcher.adapters.addresses import CheckedNetwork
from dispatcher.adapters.fetch import Fetcher
from dispatcher.adapters.media import FetchedMedia
from griot_chassis import clock, ids
from griot_chassis.claim_check import ClaimCheck
from griot_chassis.mongo import connect
from tests.integration.dispatcher_media.fetching import HERE, IMPATIENT
from tests.web import Web


@pytest.fixture
async def web() -> AsyncIterator[Web]:
    async with Web() as web:
        yield web


@pytest.fixture
def database(mongo: str) -> Iterator[Any]:
    client = connect(mongo, "test")
    yield client[f"media_{ids.new_id()}"]
    client.close()


@pytest.fixture
def store(database: Any) -> ClaimCheck:
    return ClaimCheck(database)


@pytest.fixture
def media(store: ClaimCheck) -> FetchedMedia:
    """One that an operator lets fetch from this machine."""
    return FetchedMedia(store, Fetcher(CheckedNetwork(HERE), IMPATIENT), clock.now, wait=timedelta(0))


@pytest.fixture
def strict(store: ClaimCheck) -> FetchedMedia:
    """One as it is by default."""
    return FetchedMedia(store, Fetcher(CheckedNetwork(), IMPATIENT), clock.now, wait=timedelta(0))
