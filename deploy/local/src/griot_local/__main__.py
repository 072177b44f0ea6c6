"""The command behind `make run` and `make demo`."""

import asyncio
import signal
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from griot_local import paths, runs
from griot_local.client import RefusedError
from griot_local.folder import FolderInUseError
from griot_local.processes import ProcessFailedError
from griot_local.screen import Screen
from griot_local.story import StoryError

cli = typer.Typer(help="Griot on one machine.", no_args_is_help=True, add_completion=False)

Kafka = Annotated[
    str | None, typer.Option(envvar="GRIOT_KAFKA_BOOTSTRAP", help="Use this Kafka, start none.")
]
Mongo = Annotated[str | None, typer.Option(envvar="GRIOT_MONGO_URL", help="Use this MongoDB, start none.")]
ApiPort = Annotated[
    int | None, typer.Option(envvar="GRIOT_API_PORT", help="8080 if it is free, else another.")
]
Data = Annotated[Path, typer.Option(envvar="GRIOT_DATA_DIR", help="Where everything is kept.")]
Check = Annotated[
    bool, typer.Option("--check", help="Stop after the story; 0 if each step went as it should.")
]


@cli.command()
def run(
    kafka: Kafka = None, mongo: Mongo = None, api_port: ApiPort = None, data: Data = paths.STATE / "data"
) -> None:
    """Run Griot for the real WhatsApp. Its data survive a restart."""
    screen = Screen()
    _until_stopped(runs.run(data, runs.Servers(kafka, mongo, api_port), screen), screen)


@cli.command()
def demo(*, check: Check = False, kafka: Kafka = None, mongo: Mongo = None, api_port: ApiPort = None) -> None:
    """Show a message go all the way to a phone, on a WhatsApp network of this machine."""
    screen = Screen()
    servers = runs.Servers(kafka, mongo, api_port)
    _until_stopped(runs.demo(paths.STATE / "demo", servers, screen, check=check), screen)


def _until_stopped(work: Coroutine[Any, Any, None], screen: Screen) -> None:
    """Run until it is done, Ctrl-C, SIGTERM, or a closed terminal; what went wrong is told in words."""
    try:
        asyncio.run(_stoppable(work))
    except (KeyboardInterrupt, asyncio.CancelledError):
        sys.exit(0)
    except (ProcessFailedError, StoryError, RefusedError, FolderInUseError, FileNotFoundError) as failure:
        screen.failed(str(failure))
        sys.exit(1)
    except httpx.TransportError as failure:
        screen.failed(f"the api does not answer: {failure!r}")
        sys.exit(1)


async def _stoppable(work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.ensure_future(work)
    for number in (signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    await task


if __name__ == "__main__":
    cli()
