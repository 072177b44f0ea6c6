"""What a sender is held to."""

from collections.abc import AsyncIterator

import pytest

from griot_contracts.accounts import DAILY_MESSAGE_LIMITS, Plan
from griot_contracts.sessions import WhenUnknown
from griot_local.client import GriotApi
from tests.chaos.load import Sender
from tests.chaos.stories import sent_by
from tests.e2e.people import Account

FREE = DAILY_MESSAGE_LIMITS[Plan.FREE]
URL = "http://127.0.0.1"


@pytest.fixture
async def account() -> AsyncIterator[Account]:
    async with GriotApi(URL) as api:
        yield Account(api, {"id": "a", "key": "k"}, URL)


def sender(account: Account, *, told: int, refused: int = 0, limited: bool = True) -> Sender:
    texts, more = {f"m{n}": f"text {n}" for n in range(told)}, [f"refused {n}" for n in range(refused)]
    return Sender(account, "s", "+1", WhenUnknown.FAIL, limited, told=texts, refused=more)


@pytest.mark.parametrize(("told", "refused"), [(FREE, 1), (FREE + 1, 0), (FREE + 5, 3)])
async def test_who_went_past_its_limit_is_held_to_it_whether_it_heard_so_or_not(
    account: Account, told: int, refused: int
) -> None:
    assert sent_by(sender(account, told=told, refused=refused)).limit == FREE


async def test_who_stayed_within_its_limit_must_have_got_everything_through(account: Account) -> None:
    assert sent_by(sender(account, told=FREE)).limit is None
    assert sent_by(sender(account, told=FREE + 1, limited=False)).limit is None
