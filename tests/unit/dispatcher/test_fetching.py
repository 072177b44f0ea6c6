"""Media are fetched side by side, and no account takes the place of the others."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from dispatcher.domain.media import Refused
from dispatcher.domain.message import Message, take_in
from dispatcher.handlers.fetching import Fetching
from tests.unit.dispatcher.fakes import MemoryMedia
from tests.unit.dispatcher.samples import NOON, PARTITION, picture

MANY = 20
GONE = Refused("media_unreachable", "the server answered with status 404")


def message(message_id: str, account_id: str) -> Message:
    waiting = Message(message_id, f"s-of-{account_id}", account_id, PARTITION)
    return take_in(waiting, picture(message_id), 0, NOON)[0]


@pytest.fixture
def media() -> MemoryMedia:
    return MemoryMedia()


@pytest.fixture
async def fetching(media: MemoryMedia) -> AsyncIterator[Fetching]:
    fetching = Fetching(media, lambda _: None)
    yield fetching
    fetching.forget()
    await turns()


async def hang(fetching: Fetching, account_id: str) -> None:
    """More of an account's fetches begin than may run, and none of them ends."""
    for number in range(MANY):
        fetching.begin(message(f"slow{number}", account_id))
    await turns()


async def turns() -> None:
    """What can go on goes on."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_one_accounts_slow_media_do_not_hold_up_anothers(
    media: MemoryMedia, fetching: Fetching
) -> None:
    await hang(fetching, "a")

    fetching.begin(message("quick", "b"))
    await turns()

    assert media.asked[-1] == "quick"


async def test_an_accounts_media_are_all_fetched_in_their_order(
    media: MemoryMedia, fetching: Fetching
) -> None:
    ids = [f"m{number}" for number in range(MANY)]
    for id_ in ids:
        fetching.begin(message(id_, "a"))
        media.answer(id_, GONE)
    while fetching.outcome(message(ids[-1], "a")) is None:
        await turns()

    assert media.asked == ids
    assert all(fetching.outcome(message(id_, "a")) == GONE for id_ in ids)


async def test_what_is_given_up_makes_room_for_the_accounts_next(
    media: MemoryMedia, fetching: Fetching
) -> None:
    await hang(fetching, "a")
    for number in range(MANY):
        fetching.forget(f"slow{number}")

    fetching.begin(message("next", "a"))
    await turns()

    assert media.asked[-1] == "next"
