"""A WhatsApp network on this machine, in a process of its own (libs/fakewhatsapp)."""

import json
import sys
from pathlib import Path
from typing import Any

from griot_local.processes import Process


class WhatsAppNetwork:
    """The network's process, and what a session manager must be told to talk to it.

    It is a program like the other servers; `fakewhatsapp.client.RemoteNetwork(network.control)` speaks to it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process = Process(
            "whatsapp-network",
            [sys.executable, "-m", "fakewhatsapp", "--folder", str(folder)],
            log=folder / "whatsapp-network.log",
            is_ready=self._has_said_where_it_is,
        )

    async def start(self) -> None:
        """Start it and wait until it takes connections.

        Raises:
            ProcessFailedError: it did not come up.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        self._announcement.unlink(missing_ok=True)
        await self.process.start()

    async def stop(self) -> None:
        await self.process.stop()

    @property
    def control(self) -> str:
        """The URL that controls it: phones, faults, the ledger."""
        return str(self._announced()["control"])

    @property
    def session_manager_settings(self) -> dict[str, str]:
        """The environment of a session manager on this network."""
        announced = self._announced()
        return {
            "GRIOT_WHATSAPP_LIBRARY": announced["library"],
            "GRIOT_WHATSAPP_CA_FILE": announced["environment"]["SSL_CERT_FILE"],
            "GRIOT_WHATSAPP_PROXY": announced["environment"]["HTTPS_PROXY"],
        }

    @property
    def _announcement(self) -> Path:
        return self.folder / "network.json"

    async def _has_said_where_it_is(self) -> bool:
        try:
            return bool(self._announced())
        except (FileNotFoundError, json.JSONDecodeError):  # not yet, or half written
            return False

    def _announced(self) -> dict[str, Any]:
        announced: dict[str, Any] = json.loads(self._announcement.read_text())
        return announced
