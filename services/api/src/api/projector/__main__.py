"""The projector: `python -m api.projector`."""

import asyncio

from api.projector.adapters import GROUP, Projector
from api.projector.generations import Generations
from api.projector.reading import PROJECTED
from api.settings import ReadSideSettings
from griot_chassis.service import Service


async def main(settings: ReadSideSettings) -> None:
    """Fold the log into the read side until told to stop; anew, when that was dropped or rebuilt."""
    while await _until_another(settings):
        pass


async def _until_another(settings: ReadSideSettings) -> bool:
    async with Service("projector", settings) as service:
        generations = Generations(service.mongo, settings.api_database)
        name = await generations.written()
        positions = service.positions(name, GROUP)
        projector = Projector(service.mongo[name], positions, service.log_ends)
        service.consume(PROJECTED, projector, group=GROUP, positions=positions, listener=projector)
        service.again_when(lambda: generations.until_another_is_written(than=name), name="rebuilt")
        service.again_when(positions.until_forgotten, name="database dropped")
        await service.run()
    return service.again


if __name__ == "__main__":
    asyncio.run(main(ReadSideSettings()))
