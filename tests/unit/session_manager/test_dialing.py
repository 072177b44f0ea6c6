"""A session is not held up for ever by a library that never says how its dial ended."""

import asyncio

import pytest

from session_manager.adapters.dialing import until_dialed


async def test_a_dial_that_is_through_is_seen_at_once() -> None:
    dialed = asyncio.Event()
    dialed.set()

    assert await until_dialed(dialed, no)


async def test_a_device_that_was_refused_before_the_library_could_say_so_is_noticed() -> None:
    assert not await until_dialed(asyncio.Event(), yes, look_every_s=0.001)


async def test_a_refusal_that_the_library_says_while_it_is_looked_for_is_left_to_it() -> None:
    dialed = asyncio.Event()

    async def gone_and_said() -> bool:
        dialed.set()
        return True

    assert await until_dialed(dialed, gone_and_said, look_every_s=0.001)


async def test_a_network_that_never_answers_is_given_up() -> None:
    with pytest.raises(TimeoutError):
        await until_dialed(asyncio.Event(), no, look_every_s=0.001, within_s=0.02)


async def no() -> bool:
    return False


async def yes() -> bool:
    return True
