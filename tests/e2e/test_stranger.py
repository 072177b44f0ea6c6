"""A stranger who knows only the document of the API tries all of it, and finds what it says."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from griot_local.stack import Stack
from tests.e2e.people import opened_account

HERE = Path(__file__).parent
NOT_FOR_US = "missing_required_header"
"""The one required header is the key, and here every request has it; without it: test_every_operation.py."""
SEED = "20261124"
"""Another finds other faults; one that came by chance would be nobody's, and hold up what has none."""


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("phases", "tries"), [("examples,coverage,fuzzing", 4), ("stateful", 10)], ids=["alone", "in a row"]
)
async def test_the_api_does_what_its_document_says_and_nothing_else(
    stack: Stack, tmp_path: Path, phases: str, tries: int
) -> None:
    async with opened_account(stack.api_url) as ada:
        stranger = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "schemathesis.cli", "--config-file", str(HERE / "stranger.toml"),
            "run", f"{stack.api_url}/openapi.json", "--phases", phases, "--max-examples", str(tries),
            "--checks", "all", "--exclude-checks", NOT_FOR_US, "--no-color", "--seed", SEED,
            cwd=tmp_path, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
            env=os.environ | {
                "PYTHONPATH": str(HERE), "SCHEMATHESIS_HOOKS": "stranger_hooks",
                "STRANGER_URL": stack.api_url, "STRANGER_KEY": ada.key,
            },
        )  # fmt: skip
        told, _ = await stranger.communicate()

    assert stranger.returncode == 0, told.decode()
