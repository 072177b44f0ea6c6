"""Whether the documents can be believed: as things stand now, not as they stood at the last look."""

from collections.abc import Mapping
from typing import cast

import pytest

from api.freshness import Ends
from api.projector.generations import Generations
from api.whole import DocumentsIncompleteError, Whole
from griot_chassis.records import Partition
from griot_contracts.topics import ACCOUNT_EVENTS, SESSION_EVENTS

ACCOUNTS = Partition(ACCOUNT_EVENTS.name, 0)


class Told:
    """Positions of a projector that tells of the accounts until it `has_told`."""

    def __init__(self) -> None:
        self.has_told = False

    async def load(self, partitions: set[Partition]) -> Mapping[Partition, int]:
        return {}

    async def untold(self, partitions: set[Partition]) -> set[Partition]:
        return set() if self.has_told else {ACCOUNTS}


class OneDatabase:
    """There was no rebuild."""

    async def read(self) -> str:
        return "the documents"


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def whole(told: Told) -> Whole:
    return Whole(cast("Generations", OneDatabase()), told, cast("Ends", None))


async def test_what_is_being_told_again_is_not_read_and_what_is_not_is(whole: Whole) -> None:
    with pytest.raises(DocumentsIncompleteError):
        await whole.read(ACCOUNT_EVENTS)
    assert await whole.read(SESSION_EVENTS) == "the documents"


async def test_what_has_been_told_is_read_at_once(whole: Whole, told: Told) -> None:
    with pytest.raises(DocumentsIncompleteError):
        await whole.read(ACCOUNT_EVENTS)

    told.has_told = True

    assert await whole.read(ACCOUNT_EVENTS) == "the documents"
