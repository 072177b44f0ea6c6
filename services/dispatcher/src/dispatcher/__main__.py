"""The dispatcher's composition root.

It reads three topics that share their key, so one worker owns a session's whole story.
"""

import asyncio

from dispatcher.adapters import MongoStore, ReadSoFar
from dispatcher.domain.retry import Retry
from dispatcher.handlers.dispatch import Dispatch
from dispatcher.settings import DispatcherSettings
from griot_chassis import clock
from griot_chassis.service import Service
from griot_contracts import topics

READS = (topics.DISPATCH_COMMANDS, topics.DELIVERY_EVENTS, topics.SESSION_EVENTS)


async def main(settings: DispatcherSettings) -> None:
    """Run until SIGTERM, then finish what was taken."""
    async with Service("dispatcher", settings) as service:
        positions = service.positions(settings.dispatcher_database)
        progress = ReadSoFar(positions)
        store = MongoStore(
            service.mongo[settings.dispatcher_database],
            ended_kept=settings.dispatcher_ended_kept,
            receipts_kept=settings.dispatcher_receipts_kept,
        )
        retry = Retry(
            tries=settings.dispatcher_tries,
            first=settings.dispatcher_first_wait,
            longest=settings.dispatcher_longest_wait,
        )
        dispatch = Dispatch(store, service.publisher, progress, retry, clock.now)
        progress.consumer = service.consume(
            READS, dispatch, group="dispatcher", positions=positions, listener=dispatch
        )
        service.background(dispatch.keep_time, name="pump")
        await service.run()


if __name__ == "__main__":
    asyncio.run(main(DispatcherSettings()))
