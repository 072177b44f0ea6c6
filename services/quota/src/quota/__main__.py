"""The quota service's composition root: account commands are decided, one owner a partition."""

import asyncio

from griot_chassis.service import Service
from griot_contracts import topics
from quota.adapters import MongoAnswers, MongoSnapshots
from quota.handlers import DecideAccountCommands
from quota.settings import QuotaSettings


async def main(settings: QuotaSettings) -> None:
    """Run until SIGTERM, then finish what was taken."""
    async with Service("quota", settings) as service:
        database = service.mongo[settings.quota_database]
        snapshots, answers = MongoSnapshots(database["accounts"]), MongoAnswers(database["answers"])
        await answers.ensure_end()
        decide = DecideAccountCommands(snapshots, answers, service.publisher)
        positions = service.positions(settings.quota_database)
        service.consume([topics.ACCOUNT_COMMANDS], decide, group="quota", positions=positions)
        await service.run()


if __name__ == "__main__":
    asyncio.run(main(QuotaSettings()))
