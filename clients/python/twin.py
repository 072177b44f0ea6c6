"""Makes the blocking client of the asynchronous one. `--check` only tells where the committed one differs."""

import filecmp
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import unasync  # type: ignore[import-untyped]  # it has no types

HERE: Final = Path(__file__).parent
PACKAGE: Final = HERE / "src" / "griot"
RUFF: Final = (sys.executable, "-m", "ruff")
NAMES: Final = {
    "_async": "_sync",
    "AsyncClient": "Client",
    "AsyncEvents": "Events",
    "AsyncGriot": "Griot",
    "AsyncKeys": "Keys",
    "AsyncLine": "Line",
    "AsyncMessages": "Messages",
    "AsyncSessions": "Sessions",
    "aclose": "close",
    "aclosing": "closing",
    "aiter_sse": "iter_sse",
    "aread": "read",
    "async_done": "done",
    "async_sleep": "sleep",
}


def make(into: Path) -> None:
    """Write the twin into a folder."""
    rule = unasync.Rule(fromdir=f"{PACKAGE}/_async/", todir=f"{into}/", additional_replacements=NAMES)
    unasync.unasync_files([str(source) for source in (PACKAGE / "_async").glob("*.py")], [rule])
    init = into / "__init__.py"
    init.write_text(
        '"""The client for code that blocks. `make client` makes it of `griot._async`: edit that one."""\n'
    )
    config = ("--config", str(HERE.parents[1] / "pyproject.toml"))
    for command in (("check", "--quiet", "--select=I", "--fix"), ("format", "--quiet")):
        subprocess.run([*RUFF, *command, *config, str(into)], check=True)


def differences(one: Path, other: Path) -> list[str]:
    """The files that are not the same in both folders."""
    names = {path.name for folder in (one, other) for path in folder.glob("*.py")}
    _, different, missing = filecmp.cmpfiles(one, other, sorted(names), shallow=False)
    return [*different, *missing]


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        with TemporaryDirectory() as made:
            make(Path(made))
            sys.exit("\n".join(differences(Path(made), PACKAGE / "_sync")) or None)
    make(PACKAGE / "_sync")
