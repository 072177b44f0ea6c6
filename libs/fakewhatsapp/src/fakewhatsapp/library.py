"""neonize's Go library: a copy that trusts this network, and how to make the unmodified neonize load it.

The library pins the public key that WhatsApp signs its servers' certificates with, and the real network's is
the only one it accepts. A test needs a copy with another key; nothing else in it changes, and the installed
one is never touched.

neonize always loads `neonize/neonize-<os>-<arch>.so` from its own folder, by `ctypes.CDLL` while it is first
imported. `use_library` must therefore come before the first `import neonize` in a process. Together with
`SSL_CERT_FILE` and `HTTPS_PROXY`, which the Go runtime reads when the process starts, it is all that points
a client at another network.
"""

from __future__ import annotations

import ctypes
import importlib
import shutil
import sys
from pathlib import Path
from typing import Any

from fakewhatsapp.errors import LibraryError
from fakewhatsapp.protobuf import neonize_folder

ROOT_KEY = bytes.fromhex("142375574d0a587166aae71ebe516437c4a28b73e3695c6ce1f7f9545da8ee6b")
"""WhatsApp's WACertPubKey, as whatsmeow pins it."""


def installed_library() -> Path:
    """The library that neonize's wheel brought.

    Raises:
        LibraryError: there is not exactly one.
    """
    found = [path for path in neonize_folder().glob("neonize-*") if path.suffix in {".so", ".dylib", ".dll"}]
    if len(found) != 1:
        raise LibraryError(f"expected one library in neonize's folder, found {len(found)}")
    return found[0]


def patched_copy(folder: Path, root_key: bytes) -> Path:
    """Copy the installed library into a folder, with another root key in it. An existing copy is replaced.

    Raises:
        LibraryError: the library does not hold the pinned key exactly once, so it is not one this code knows.
    """
    source = installed_library()
    data = source.read_bytes()
    if len(root_key) != len(ROOT_KEY) or data.count(ROOT_KEY) != 1:
        raise LibraryError(
            f"WACertPubKey stands {data.count(ROOT_KEY)} times in {source.name}, expected once"
        )
    target = folder / source.name
    fresh = target.with_suffix(".new")  # renamed over the old copy: a process may have that one mapped
    fresh.write_bytes(data.replace(ROOT_KEY, root_key))
    shutil.copymode(source, fresh)
    fresh.replace(target)
    return target


def use_library(path: Path) -> None:
    """Import neonize with the library at this path in place of its own. It has to be the first import.

    Raises:
        LibraryError: neonize was imported already, or does not load its library as it used to.
    """
    if "neonize" in sys.modules:
        raise LibraryError("neonize is imported already: its library cannot be replaced any more")
    own = neonize_folder()
    original: Any = ctypes.CDLL
    loaded: list[str] = []

    def load(name: str | None, *args: Any, **kwargs: Any) -> Any:
        if name is not None and Path(name).parent == own:
            name = str(path)
            loaded.append(name)
        return original(name, *args, **kwargs)

    ctypes.CDLL = load  # type: ignore[misc, assignment]  # put back two lines below
    try:
        importlib.import_module("neonize")
    finally:
        ctypes.CDLL = original  # type: ignore[misc]
    if not loaded:
        raise LibraryError("neonize did not load its library while it was imported")
