"""`griot rebuild`: a service's database made again from the log alone, while the rest runs.

How is the service's own business: its package names a function under the entry point `griot.rebuild`.
Services never import each other, nor does this import one; it can rebuild those that are installed beside
it.
"""

import asyncio
from importlib.metadata import EntryPoint, entry_points
from typing import Annotated, Final

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from griot_operator.screen import fail, say

_GROUP: Final = "griot.rebuild"


def rebuild(
    service: Annotated[str, typer.Argument(help="api, quota or dispatcher.")],
) -> None:
    """Make a service's database again from the log, while everything runs."""
    known = {point.name: point for point in entry_points(group=_GROUP)}
    if service not in known:
        raise fail(f"No such service here: {service}. There are {', '.join(sorted(known))}.")
    say(asyncio.run(_shown(known[service])))


async def _shown(point: EntryPoint) -> str:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns) as progress:
        task = progress.add_task(f"rebuild {point.name}", total=None)
        run = point.load()
        done: str = await run(lambda done, total: progress.update(task, completed=done, total=total))
    return done
