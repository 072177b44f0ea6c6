"""Waiting for the library to dial."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

_WITHIN_S: Final = 25.0
"""When a dial is given up that the library itself does not give up; its own limit for a handshake is 20 s.

The others in line wait for it until then.
"""
_LOOK_EVERY_S: Final = 3.0


async def until_dialed(
    dialed: asyncio.Event,
    is_device_gone: Callable[[], Awaitable[bool]],
    *,
    look_every_s: float = _LOOK_EVERY_S,
    within_s: float = _WITHIN_S,
) -> bool:
    """Wait until the library says that it dials no more; False if it never will: WhatsApp refused the device.

    A device that its phone unlinked is refused, and deleted by the library, which then says so. Where the
    refusal comes before the library begins to say anything, it waits for the deleted device instead, for ever
    (goneonize's `FetchMe`).

    Args:
        dialed: set when it dials no more.
        is_device_gone: looks whether the device that dials was deleted.
        look_every_s: how often that is asked.
        within_s: how long is waited.

    Raises:
        TimeoutError: neither, within that time.
    """
    async with asyncio.timeout(within_s):
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(look_every_s):
                    await dialed.wait()
            if dialed.is_set() or await is_device_gone():
                return dialed.is_set()
