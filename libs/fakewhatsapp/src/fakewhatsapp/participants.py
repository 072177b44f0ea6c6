"""The hash by which both sides notice that a list of devices is out of date."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable

from fakewhatsapp.wire.nodes import Jid


def list_hash(devices: Iterable[Jid]) -> str:
    """The hash of a set of devices, whatever their order."""
    names = sorted(f"{jid.user}.0:{jid.device}@{jid.server}" for jid in devices)
    digest = hashlib.sha256("".join(names).encode()).digest()
    return "2:" + base64.b64encode(digest[:6]).decode().rstrip("=")
