"""A server on this machine that speaks MongoDB's protocol (SecantusDB, a program of its own)."""

from pathlib import Path
from typing import Self

from griot_local import paths
from griot_local.ports import LOOPBACK, free_port
from griot_local.probes import mongo_answers
from griot_local.processes import Process


class MongoServer:
    """A database whose data and log lie in one folder, and survive it.

    The port is chosen once: after `kill` and `start` the server is where it was. Killed, it may have
    forgotten the writes of its last moments, except those made with `j: true`.
    """

    def __init__(self, folder: Path, *, port: int | None = None) -> None:
        self.folder = folder
        self.port = port or free_port()
        self.process = Process(
            "mongo",
            self._command(),
            log=folder / "mongo.log",
            is_ready=lambda: mongo_answers(self.port),
            folder=folder,
        )

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def url(self) -> str:
        # At each write this server looks through all the retryable ones of half an hour: 40 ms for the
        # ten-thousandth. Nothing here needs them; what is not acknowledged is done again, and safe to repeat.
        return f"mongodb://{LOOPBACK}:{self.port}/?directConnection=true&retryWrites=false"

    async def start(self) -> None:
        """Start the server, or start it again on the same data, and wait until it answers.

        Raises:
            FileNotFoundError: the program is missing; `make install` brings it.
            ProcessFailedError: it did not come up.
        """
        if not paths.MONGO_PROGRAM.exists():
            raise FileNotFoundError("the MongoDB-protocol server is missing: run `make install`")
        self.folder.mkdir(parents=True, exist_ok=True)
        self._settings.touch()
        await self.process.start()

    async def stop(self) -> None:
        await self.process.stop()

    async def kill(self) -> None:
        """End it with SIGKILL; `start` brings it back."""
        await self.process.kill()

    @property
    def _settings(self) -> Path:
        """An empty file: without one the server would look for the user's own."""
        return self.folder / "secantusd.toml"

    def _command(self) -> list[str]:
        return [
            str(paths.MONGO_PROGRAM),
            *("--config", str(self._settings)),
            *("--host", LOOPBACK),
            *("--port", str(self.port)),
            *("--storage-path", str(self.folder / "data")),
            *("--log-level", "WARNING"),
            *("--cache-size", "256M"),
        ]
