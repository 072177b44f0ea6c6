"""Does once what every start would do anew: `python -m griot_local.warm`, the last step of `make install`."""

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Final

from griot_local import paths
from griot_local.folder import memory
from griot_local.kafka import KafkaServer
from griot_local.mongo import MongoServer
from griot_local.stack import PROGRAMS

_STOPPED_WITHIN: Final = 120.0
"""A JVM that writes its classes down takes a while to end."""


async def main() -> None:
    """Have Python compile what the processes import, and Kafka's JVM write down the classes it has loaded.

    Raises:
        ProcessFailedError: a server did not come up.
    """
    with tempfile.TemporaryDirectory(prefix="griot-", dir=memory()) as name:
        async with asyncio.TaskGroup() as group:
            group.create_task(_import_programs())
            group.create_task(_start_kafka(Path(name) / "kafka"))
            group.create_task(_start_mongo(Path(name) / "mongo"))


async def _import_programs() -> None:
    modules = ", ".join(f"{module}.__main__" for module in [*PROGRAMS.values(), "griot_local"])
    imports = f"import {modules}, fakewhatsapp.commands"
    await (await asyncio.create_subprocess_exec(sys.executable, "-c", imports)).wait()


async def _start_kafka(folder: Path) -> None:
    paths.KAFKA_CLASSES.unlink(missing_ok=True)
    written = paths.KAFKA_CLASSES.with_suffix(".new")
    server = KafkaServer(folder, jvm=[f"-XX:ArchiveClassesAtExit={written}"])
    await server.start()
    await server.process.stop(within=_STOPPED_WITHIN)
    if written.exists():  # not every JVM can
        written.replace(paths.KAFKA_CLASSES)


async def _start_mongo(folder: Path) -> None:
    async with MongoServer(folder):
        pass


if __name__ == "__main__":
    asyncio.run(main())
