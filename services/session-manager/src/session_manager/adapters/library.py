"""Which WhatsApp library is loaded, and what the Go runtime inside it finds in its environment.

Settings alone point the service at another network: a copy of the library with another root key, a
certificate authority and a proxy. Nothing of the installed package is edited.
"""

import ctypes
import importlib
import importlib.util
import os
import resource
import sys
from pathlib import Path
from typing import Any, NoReturn


class LibraryError(Exception):
    """The WhatsApp library cannot be loaded as the settings ask."""


def restart_with(environment: dict[str, str | None], found: dict[str, str | None]) -> None:
    """Start this program again, in this very process, unless it was started as `environment` asks.

    The Go runtime copies its environment when the process starts: what Python sets later, it does not see.

    Args:
        environment: what is wanted, by name; None asks for nothing.
        found: what the process was started with, by the same names.
    """
    missing = {
        name: value for name, value in environment.items() if value is not None and found[name] != value
    }
    if missing:
        for name, value in missing.items():
            os.putenv(name, value)
        begin_anew()


def begin_anew() -> NoReturn:
    """Start this program again, in this very process: all that was open in it is closed."""
    os.execv(sys.executable, sys.orig_argv)  # noqa: S606  # the same command line again, no shell


def use_library(path: Path | None) -> None:
    """Import neonize, with the library at `path` in the place of the one it brings.

    Call it before any other import of it.

    neonize loads its library by `ctypes.CDLL` from its own folder while it is first imported.

    Raises:
        LibraryError: neonize was imported already, or does not load its library in that way any more.
    """
    if path is None:
        return
    if "neonize" in sys.modules:
        raise LibraryError("neonize was imported before its library was chosen")
    own, original, loaded = _folder(), ctypes.CDLL, list[str]()

    def load(name: str | None, *args: Any, **kwargs: Any) -> ctypes.CDLL:
        if name is not None and Path(name).parent == own:
            name = str(path)
            loaded.append(name)
        return original(name, *args, **kwargs)

    ctypes.CDLL = load  # type: ignore[misc, assignment]  # for the length of one import
    try:
        importlib.import_module("neonize")
    finally:
        ctypes.CDLL = original  # type: ignore[misc]
    if not loaded:
        raise LibraryError("neonize did not load its library while it was imported")


def open_files_as_allowed() -> None:
    """Let this process have as many files open as it may: a session has a socket and up to three files."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def silence_standard_output() -> None:
    """Close this process's standard output: the Go code prints people's numbers there. Logs go elsewhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)


def _folder() -> Path:
    spec = importlib.util.find_spec("neonize")
    if spec is None or spec.origin is None:
        raise LibraryError("neonize is not installed")
    return Path(spec.origin).parent
