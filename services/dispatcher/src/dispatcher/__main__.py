"""The dispatcher's composition root.

It reads three topics that share their key, so one worker owns a session's whole story.
"""

import asyncio
import random

from dispatcher.adapters.addresses import CheckedNetwork
from dispatcher.adapters.fetch import Fetcher, Limits
from dispatcher.adapters.media import FetchedMedia
from dispatcher.adapters.past import LogPast
from dispatcher.adapters.store import MongoStore, ReadSoFar
from dispatcher.domain.pacing import Usual
from dispatcher.domain.retry import Retry
from dispatcher.handlers.dispatch import Dispatch
from dispatcher.handlers.policy import Policy
from dispatcher.settings import DispatcherSettings
from griot_chassis import clock
from griot_chassis.claim_check import ClaimCheck
from griot_chassis.service import Service
from griot_chassis.standstill import Standstill
from griot_contracts import topics

READS = (topics.DISPATCH_COMMANDS, topics.DELIVERY_EVENTS, topics.SESSION_EVENTS)


async def main(settings: DispatcherSettings) -> None:
    """Run until SIGTERM, then finish what was taken; anew, where its database is dropped to be rebuilt."""
    standstill = Standstill()
    standstill.watch()
    while await _until_dropped(settings, standstill):
        pass


async def _until_dropped(settings: DispatcherSettings, standstill: Standstill) -> bool:
    async with Service("dispatcher", settings) as service:
        positions = service.positions(settings.dispatcher_database)
        progress = ReadSoFar(positions)
        store = MongoStore(
            service.mongo[settings.dispatcher_database],
            clock.now,
            ended_kept=settings.dispatcher_ended_kept,
            receipts_kept=settings.dispatcher_receipts_kept,
        )
        retry = Retry(
            tries=settings.dispatcher_tries,
            first=settings.dispatcher_first_wait,
            longest=settings.dispatcher_longest_wait,
        )
        usual = Usual(
            messages_per_minute=settings.dispatcher_messages_per_minute,
            jitter=settings.dispatcher_jitter,
            young_daily_cap=settings.dispatcher_young_daily_cap,
            young_for=settings.dispatcher_young_for,
        )
        policy = Policy(retry, usual, spread=random.random)
        limits = Limits(
            connect=settings.media_connect_within,
            first_byte=settings.media_first_byte_within,
            whole=settings.media_whole_within,
        )
        fetcher = Fetcher(CheckedNetwork(settings.media_allowed_networks), limits)
        media = FetchedMedia(ClaimCheck(service.mongo[settings.media_database]), fetcher, clock.now)
        dispatch = Dispatch(
            store,
            service.publisher,
            progress,
            media,
            past=LogPast(service.log_reader),
            policy=policy,
            now=clock.now,
            awake=standstill.look,
        )
        progress.consumer = service.consume(
            READS, dispatch, group="dispatcher", positions=positions, listener=dispatch
        )
        service.background(dispatch.keep_time, name="pump")
        service.background(media.drop_old, name="drop old media")
        service.again_when(positions.until_forgotten, name="database dropped")
        await service.run()
    return service.again


if __name__ == "__main__":
    asyncio.run(main(DispatcherSettings()))
