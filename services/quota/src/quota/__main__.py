"""The quota service's composition root: account commands are decided, one owner a partition."""

import asyncio

from griot_chassis.service import Service
from griot_contracts import topics
from quota.adapters import MongoAnswers, MongoSnapshots
from quota.handlers import DecideAccountCommands
from quota.past import LogPast
from quota.rebuilding import Marks, Rebuilding
from quota.settings import QuotaSettings


async def main(settings: QuotaSettings) -> None:
    """Run until SIGTERM, then finish what was taken."""
    async with Service("quota", settings) as service:
        database = service.mongo[settings.quota_database]
        snapshots, answers = MongoSnapshots(database["accounts"]), MongoAnswers(database["answers"])
        await answers.ensure_end()
        marks, past = Marks.of(database), LogPast(settings.kafka_bootstrap)
        rebuilding = Rebuilding(snapshots, answers, marks, past)
        decide = DecideAccountCommands(rebuilding.snapshots, rebuilding.answers, service.publisher)
        positions = service.positions(settings.quota_database)
        consumer = service.consume(
            [topics.ACCOUNT_COMMANDS], rebuilding, group="quota", positions=positions, listener=rebuilding
        )
        rebuilding.around(decide, consumer)
        service.readiness.add("snapshots", rebuilding.ready)
        service.background(rebuilding.keep_whole, name="keep whole")
        await service.run()


if __name__ == "__main__":
    asyncio.run(main(QuotaSettings()))
