"""`griot rebuild quota`: the snapshots made again from the log.

They are made by the running service, which alone knows what it has decided: this takes its marks away and
watches.
"""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from griot_chassis.errors import ChassisError
from griot_chassis.mongo import connect
from griot_contracts.topics import ACCOUNT_COMMANDS
from quota.rebuilding import Marks
from quota.settings import QuotaSettings

_LOOK_EVERY_S: Final = 0.2
_WITHIN: Final = timedelta(minutes=10)


class NotRebuiltError(ChassisError):
    """Not all snapshots are whole in time. Maybe no quota service runs; those left are made once one does."""


async def rebuild(tell: Callable[[int, int], None], settings: QuotaSettings | None = None) -> str:
    """Have the snapshots made again, and return when they are.

    Raises:
        NotRebuiltError: it takes longer than ten minutes.
    """
    settings = settings or QuotaSettings()
    client = connect(settings.mongo_url, "rebuild")
    try:
        marks = Marks.of(client[settings.quota_database])
        numbers = range(ACCOUNT_COMMANDS.partitions)
        await marks.take_away()
        async with asyncio.timeout(_WITHIN.total_seconds()):
            while (done := len(await marks.whole(numbers))) < len(numbers):
                tell(done, len(numbers))
                await asyncio.sleep(_LOOK_EVERY_S)
        tell(len(numbers), len(numbers))
    except TimeoutError:
        raise NotRebuiltError("not all snapshots are whole; is quota running?") from None
    finally:
        client.close()
    return "Quota decides on snapshots made from the log."
