"""What the operator sees: tables for people, JSON lines for programs."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

Json = Annotated[bool, typer.Option("--json", help="One JSON object a line, for programs.")]

_console: Final = Console(highlight=False)


def show(columns: Sequence[str], rows: Iterable[Sequence[object]], *, as_json: bool = False) -> None:
    """Show rows under their columns."""
    if as_json:
        for row in rows:
            typer.echo(json.dumps(dict(zip(columns, map(_plain, row), strict=True)), ensure_ascii=False))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    count = 0
    for row in rows:
        table.add_row(*(_words(value) for value in row))
        count += 1
    if count:
        _console.print(table, markup=False)
    else:
        typer.echo("There is none.")


def say(words: str) -> None:
    """One line."""
    typer.echo(words)


def fail(words: str) -> typer.Exit:
    """One line to standard error; raise what this gives."""
    typer.echo(words, err=True)
    return typer.Exit(1)


def moment(at: datetime | None) -> str | None:
    """A time as it is shown: UTC, to the second."""
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def _plain(value: object) -> object:
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _words(value: object) -> str:
    return "-" if value is None else str(value)
