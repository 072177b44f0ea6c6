"""The projector: `python -m api.projector [--rebuild]`."""

import argparse
import asyncio

from api.projector.adapters import Projector, ensure_indexes, rebuild
from api.projector.projections import DATABASE
from api.settings import ProjectorSettings
from griot_chassis.service import Service
from griot_contracts.topics import ACCOUNT_EVENTS, MESSAGE_EVENTS, SESSION_EVENTS

GROUP = "projector"


async def main(*, from_scratch: bool) -> None:
    """Fold the log into the read side until told to stop."""
    settings = ProjectorSettings()
    async with Service("projector", settings) as service:
        database = service.mongo[DATABASE]
        if from_scratch:
            await rebuild(database)
        await ensure_indexes(database)
        service.consume(
            [ACCOUNT_EVENTS, SESSION_EVENTS, MESSAGE_EVENTS],
            Projector(database),
            group=GROUP,
            positions=service.positions(DATABASE, GROUP),
        )
        await service.run()


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description="Fold the log into the documents that the api reads.")
    arguments.add_argument(
        "--rebuild", action="store_true", help="drop the documents first, and read all again"
    )
    asyncio.run(main(from_scratch=arguments.parse_args().rebuild))
