"""What the library leaves open is counted, and it is asked for no more of it than is needed."""

import asyncio
from pathlib import Path

import pytest

from session_manager.adapters.devices import Place
from session_manager.adapters.leftovers import CONNECTION, LISTING, THREAD, Leftovers
from session_manager.adapters.listing import Listing
from session_manager.domain.outcomes import ConnectError

ALICE = "237650000001:1@s.whatsapp.net"
DATABASE = Place("postgres://devices", ALICE)


class Store:
    """What the library says that a store holds, how often it was asked, and the clock."""

    def __init__(self) -> None:
        self.devices = {ALICE}
        self.asked = 0
        self.away = False
        self.elapsed_s = 100.0
        self.listing = Listing(self._devices_in, lambda: self.elapsed_s, Leftovers(1_000))

    def _devices_in(self, _store: str) -> set[str]:
        self.asked += 1
        if self.away:
            raise ConnectError("away")
        return set(self.devices)


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "s1.db"
    path.write_bytes(b"a device")
    return path


async def test_there_are_too_many_when_their_files_are_so_many() -> None:
    leftovers = Leftovers(at_most=4)
    too_many = asyncio.create_task(leftovers.too_many())
    leftovers.add(CONNECTION)
    leftovers.add(LISTING, files=2)
    await asyncio.sleep(0)
    assert not too_many.done()

    leftovers.add(THREAD)

    await asyncio.wait_for(too_many, 5)


async def test_those_who_ask_a_database_at_the_same_moment_share_an_answer(store: Store) -> None:
    answers = await asyncio.gather(*(store.listing.holds(DATABASE, ALICE) for _ in range(5)))

    assert answers == [True] * 5
    assert store.asked == 1


async def test_who_asks_a_database_later_is_given_a_later_answer(store: Store) -> None:
    assert await store.listing.holds(DATABASE, ALICE)
    store.devices.clear()
    store.elapsed_s += 1

    assert not await store.listing.holds(DATABASE, ALICE)


async def test_who_asks_a_database_again_and_again_is_content_with_an_answer_of_lately(store: Store) -> None:
    for _ in range(5):
        assert await store.listing.holds(DATABASE, ALICE, oldest_s=10)
        store.elapsed_s += 3

    assert store.asked == 2


async def test_a_file_that_nobody_wrote_to_is_not_opened_again(store: Store, file: Path) -> None:
    place = Place(str(file), file=file)
    for _ in range(5):
        assert await store.listing.holds(place, ALICE)
        store.elapsed_s += 60

    assert store.asked == 1


@pytest.mark.parametrize("written", ["s1.db", "s1.db-wal"])
async def test_a_file_that_was_written_to_is(store: Store, file: Path, written: str) -> None:
    place = Place(str(file), file=file)
    assert await store.listing.holds(place, ALICE)
    store.devices.clear()
    file.with_name(written).write_bytes(b"and it is gone")

    assert not await store.listing.holds(place, ALICE)


async def test_one_store_does_not_answer_for_another(store: Store, file: Path) -> None:
    other = file.with_name("s2.db")
    other.write_bytes(file.read_bytes())
    for path in (file, other, file):
        assert await store.listing.holds(Place(str(path), file=path), ALICE)

    assert store.asked == 3


async def test_no_answer_is_none_and_no_older_one_is_taken_for_it(store: Store) -> None:
    assert await store.listing.holds(DATABASE, ALICE)
    store.away = True
    store.elapsed_s += 1
    with pytest.raises(ConnectError):
        await store.listing.holds(DATABASE, ALICE)
    store.away = False

    assert await store.listing.holds(DATABASE, ALICE)
    assert store.asked == 3
