import asyncio
import json
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from fakewhatsapp.client import RemoteNetwork
from fakewhatsapp.exchange import Announcement
from tests.integration.fakewhatsapp_control.running import RunningNetwork, command, running_network

ANNA, BEN = "+237680000001", "+237680000002"


async def test_a_network_says_where_it_is_once_it_answers(running: RunningNetwork) -> None:
    written = Announcement.model_validate_json((running.folder / "network.json").read_bytes())

    assert written == running.announcement
    assert Path(written.library).is_file()
    assert Path(written.environment["SSL_CERT_FILE"]).is_file()
    assert written.environment["HTTPS_PROXY"].startswith("http://127.0.0.1:")
    async with httpx.AsyncClient(base_url=written.control, trust_env=False) as http:
        assert (await http.get("/healthz")).json() == {"status": "ok"}
        assert (await http.get("/openapi.json")).is_success


async def test_a_network_that_is_told_to_stop_goes_at_once_though_somebody_waits(tmp_path: Path) -> None:
    async with (
        running_network(tmp_path) as running,
        RemoteNetwork(running.announcement.control) as network,
    ):
        waiting = asyncio.create_task(network.phone(ANNA).next_message(within=timedelta(minutes=5)))
        await network.ledger.summary()  # the wait has reached the network by now
        running.process.terminate()

        assert await asyncio.wait_for(running.process.wait(), 5) == 0
        assert not (tmp_path / "network.json").exists()
        with pytest.raises((httpx.HTTPError, TimeoutError)):
            await waiting


async def test_commands_speak_to_the_network_that_runs(running: RunningNetwork) -> None:
    code, out, _ = await command(running.folder, "phone", "send", ANNA, BEN, "hello")
    message_id = json.loads(out)
    assert code == 0

    _, out, _ = await command(running.folder, "phone", "messages", BEN)
    assert [(message["id"], message["text"]) for message in json.loads(out)] == [(message_id, "hello")]
    _, out, _ = await command(running.folder, "ledger", "list", "--to", BEN)
    assert json.loads(out) == []  # it came from a phone, not from a client
    _, out, _ = await command(running.folder, "fault", "add", "deaf", "--number", ANNA, "--times", "0")
    fault_id = json.loads(out)
    _, out, _ = await command(running.folder, "fault", "list")
    assert [(one["id"], one["kind"], one["times"]) for one in json.loads(out)] == [(fault_id, "deaf", None)]
    assert await command(running.folder, "fault", "clear") == (0, "", "")


async def test_a_command_that_is_refused_says_why(running: RunningNetwork, tmp_path: Path) -> None:
    code, out, err = await command(running.folder, "fault", "add", "refuse-login")
    assert (code, out, err) == (1, "", "refuse-login needs a code\n")

    code, _, err = await command(tmp_path, "ledger")
    assert code == 1
    assert "no network was started" in err
