"""What is shown on the terminal."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import StringIO
from typing import IO

import segno
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from griot_local.stack import Report


class Screen:
    """One line a step; on a terminal, a spinner with the time while something is under way."""

    def __init__(self, file: IO[str] | None = None) -> None:
        self._console = Console(file=file, highlight=False, soft_wrap=True)

    @contextmanager
    def booting(self, parts: Iterable[str]) -> Iterator[Report]:
        """Show the parts as they come up; the report given tells of each that has."""
        columns = (
            SpinnerColumn(finished_text="[green]✓[/]"),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=self._console, disable=not self._console.is_terminal) as progress:
            tasks = {name: progress.add_task(name, total=1) for name in parts}

            def report(name: str, seconds: float) -> None:
                progress.update(tasks[name], completed=1)
                if not self._console.is_terminal:
                    self._console.print(f"✓ {name} ready in {seconds:.1f} s")

            yield report

    @contextmanager
    def waiting(self, words: str) -> Iterator[None]:
        """Something takes a while; nothing is left of the line afterwards."""
        with self._console.status(words):
            yield

    def say(self, words: str = "") -> None:
        self._console.print(words, markup=False)

    def heading(self, words: str) -> None:
        self._console.print()
        self._console.print(words, style="bold", markup=False)

    def step(self, title: str, answer: str) -> None:
        """A step that was done, and the real answer to it."""
        self._console.print("[green]✓[/]", end=" ")
        self._console.print(title, style="bold", markup=False, end="  ")
        self._console.print(answer, style="dim", markup=False)

    def failed(self, words: str) -> None:
        self._console.print("[red]✗[/]", end=" ")
        self._console.print(words, markup=False)

    def qr_code(self, text: str) -> None:
        """Draw a QR code to be scanned from the terminal."""
        drawing = StringIO()
        segno.make(text, error="l").terminal(out=drawing, compact=True)
        self._console.print(drawing.getvalue(), markup=False, style="bright_white on black")
