"""The quota service's composition root: account commands are decided, one owner a partition."""

import asyncio

from griot_chassis.service import Service
from griot_contracts import topics
from quota.adapters import MongoSnapshots
from quota.handlers import DecideAccountCommands
from quota.settings import QuotaSettings


async def main(settings: QuotaSettings) -> None:
    """Run until SIGTERM, then finish what was taken."""
    async with Service("quota", settings) as service:
        snapshots = MongoSnapshots(service.mongo[settings.quota_database]["accounts"])
        decide = DecideAccountCommands(snapshots, service.publisher)
        positions = service.positions(settings.quota_database)
        service.consume([topics.ACCOUNT_COMMANDS], decide, group="quota", positions=positions)
        await service.run()


if __name__ == "__main__":
    asyncio.run(main(QuotaSettings()))
