"""The projector: `python -m api.projector`."""

import asyncio

from api.projector.adapters import GROUP, Projector, ensure_indexes
from api.projector.generations import Generations
from api.projector.reading import PROJECTED
from api.settings import ReadSideSettings
from griot_chassis.service import Service


async def main(settings: ReadSideSettings) -> None:
    """Fold the log into the read side until told to stop; anew, when a rebuild made another database."""
    while await _until_turned(settings):
        pass


async def _until_turned(settings: ReadSideSettings) -> bool:
    async with Service("projector", settings) as service:
        generations = Generations(service.mongo, settings.api_database)
        name = await generations.written()
        database = service.mongo[name]
        await ensure_indexes(database)
        positions = service.positions(name, GROUP)
        service.consume(PROJECTED, Projector(database), group=GROUP, positions=positions)
        service.again_when(lambda: generations.until_another_is_written(than=name), name="rebuilt")
        await service.run()
    return service.again


if __name__ == "__main__":
    asyncio.run(main(ReadSideSettings()))
