"""The projector: `python -m api.projector [--rebuild]`."""

import argparse
import asyncio

from api.projector.adapters import GROUP, Projector, ensure_indexes, rebuild
from api.settings import ReadSideSettings
from griot_chassis.service import Service
from griot_contracts.topics import ACCOUNT_EVENTS, KEY_USES, MESSAGE_EVENTS, SESSION_EVENTS


async def main(settings: ReadSideSettings, *, from_scratch: bool) -> None:
    """Fold the log into the read side until told to stop."""
    async with Service("projector", settings) as service:
        database = service.mongo[settings.api_database]
        if from_scratch:
            await rebuild(database)
        await ensure_indexes(database)
        service.consume(
            [ACCOUNT_EVENTS, KEY_USES, SESSION_EVENTS, MESSAGE_EVENTS],
            Projector(database),
            group=GROUP,
            positions=service.positions(settings.api_database, GROUP),
        )
        await service.run()


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description="Fold the log into the documents that the api reads.")
    arguments.add_argument(
        "--rebuild", action="store_true", help="drop the documents first, and read all again"
    )
    asyncio.run(main(ReadSideSettings(), from_scratch=arguments.parse_args().rebuild))
