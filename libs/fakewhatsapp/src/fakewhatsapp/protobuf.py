"""The messages of WhatsApp's protocol, as the client's own wheel ships them.

They are taken from `neonize/proto` without importing `neonize`, because that would load its Go library, with
60 MiB and a runtime of its own, into a process that has no use for it. Inside that folder the generated
modules import each other as top-level packages, which is how they are imported here too.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from fakewhatsapp.errors import LibraryError


def neonize_folder() -> Path:
    """Where neonize is installed.

    Raises:
        LibraryError: it is not.
    """
    spec = find_spec("neonize")
    if spec is None or spec.origin is None:
        raise LibraryError("neonize is not installed")
    return Path(spec.origin).parent


_folder = str(neonize_folder() / "proto")
if _folder not in sys.path:
    sys.path.append(_folder)

adv = import_module("waAdv.WAAdv_pb2")
cert = import_module("waCert.WACert_pb2")
companion = import_module("waCompanionReg.WAWebProtobufsCompanionReg_pb2")
e2e = import_module("waE2E.WAWebProtobufsE2E_pb2")
history = import_module("waHistorySync.WAWebProtobufsHistorySync_pb2")
login = import_module("waWa6.WAWebProtobufsWa6_pb2")
