"""`griot rebuild dispatcher`: the queue made again from the log.

The database is dropped; the running service notices that its positions are gone, begins anew, and reads its
topics from their beginning. It asks for nothing to be sent before it has read what was.
"""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from dispatcher.settings import DispatcherSettings
from griot_chassis.errors import ChassisError
from griot_chassis.log_ends import LogEnds
from griot_chassis.mongo import connect
from griot_chassis.positions import Positions
from griot_contracts.topics import DELIVERY_EVENTS, DISPATCH_COMMANDS, SESSION_EVENTS

_GROUP: Final = "dispatcher"
_LOOK_EVERY_S: Final = 0.2
_WITHIN: Final = timedelta(minutes=30)


class NotRebuiltError(ChassisError):
    """The log was not read to its end in time: no dispatcher may run. The queue is made when one does."""


async def rebuild(tell: Callable[[int, int], None], settings: DispatcherSettings | None = None) -> str:
    """Have the queue made again, and return when it is as far as the log was at the beginning.

    Raises:
        NotRebuiltError: it takes longer than half an hour.
    """
    settings = settings or DispatcherSettings()
    client, log = connect(settings.mongo_url, "rebuild"), LogEnds(settings.kafka_bootstrap)
    try:
        ends = await log.of_kept(DISPATCH_COMMANDS, DELIVERY_EVENTS, SESSION_EVENTS)
        await client.drop_database(settings.dispatcher_database)
        positions = Positions(client[settings.dispatcher_database], _GROUP)
        async with asyncio.timeout(_WITHIN.total_seconds()):
            done, total = 0, sum(ends.values())
            while done < total:
                found = await positions.load(ends)
                done = sum(min(found.get(place, 0), end) for place, end in ends.items())
                tell(done, total)
                await asyncio.sleep(_LOOK_EVERY_S)
    except TimeoutError:
        raise NotRebuiltError("the queue is not whole; is the dispatcher running?") from None
    finally:
        await log.stop()
        client.close()
    return "The dispatcher's queue is made from the log."
