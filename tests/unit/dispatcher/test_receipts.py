"""What receipts lead to, whenever they come."""

import pytest

from griot_contracts.sessions import WhenUnknown
from tests.unit.dispatcher.conftest import Bench
from tests.unit.dispatcher.samples import (
    BEN,
    connected,
    created,
    dispatch,
    receipt,
    seconds,
    sent,
    unknown,
    updated,
)


async def test_receipts_move_a_message_forward_once(bench: Bench) -> None:
    await bench.hear(connected(), dispatch("m1"), sent("m1"))
    await bench.hear(receipt("3EB0m1", "3EB0foreign"))
    await bench.hear(receipt("3EB0m1", read=True), receipt("3EB0m1"), receipt("3EB0m1", read=True))

    assert bench.log.told("m1")[-3:] == ["MessageSent", "MessageDelivered", "MessageRead"]


async def test_a_receipt_after_a_restart_finds_its_message(bench: Bench) -> None:
    await bench.hear(connected(), dispatch("m1"), sent("m1"))
    await bench.restart()

    await bench.hear(receipt("3EB0m1", read=True))

    assert bench.log.told("m1")[-1] == "MessageRead"


@pytest.mark.parametrize("restart", [False, True])
async def test_a_receipt_that_comes_before_it_is_known_that_the_message_was_sent_is_kept(
    bench: Bench, *, restart: bool
) -> None:
    await bench.hear(connected(), dispatch("m1"))
    await bench.hear(receipt("3EB0m1", read=True), receipt("3EB0m1"))
    if restart:
        await bench.restart()

    await bench.hear(sent("m1"))

    assert bench.log.told("m1")[-2:] == ["MessageSent", "MessageRead"]


async def test_another_sessions_receipt_says_nothing(bench: Bench) -> None:
    await bench.hear(connected(), dispatch("m1"), sent("m1"))
    await bench.hear(receipt("3EB0m1", session_id="s2"))
    await bench.restart()
    await bench.hear(receipt("3EB0m1", session_id="s2"))

    assert "MessageDelivered" not in bench.log.told("m1")


@pytest.mark.parametrize("restart", [False, True])
async def test_a_receipt_of_the_recipient_of_the_one_message_in_doubt_settles_it(
    bench: Bench, *, restart: bool
) -> None:
    await bench.hear(connected(), created(WhenUnknown.FAIL), dispatch("m1"), unknown("m1"))
    if restart:
        await bench.restart()

    await bench.hear(receipt("3EB0x", chat=BEN))
    assert bench.log.told("m1")[-1] == "MessageFailed"
    await bench.hear(receipt("3EB0m1"))

    assert bench.log.told("m1")[-4:] == ["MessageUnknown", "MessageFailed", "MessageSent", "MessageDelivered"]


@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize("policy", WhenUnknown)
async def test_a_receipt_that_came_while_the_attempt_was_under_way_settles_it_when_its_end_is_not_known(
    bench: Bench, policy: WhenUnknown, *, restart: bool
) -> None:
    """WhatsApp's server never acknowledged it, and the recipient's phone did."""
    await bench.hear(connected(), created(policy), dispatch("m1"), dispatch("m2"))
    await bench.hear(receipt("3EB0m1"), receipt("3EB0x", chat=BEN))
    if restart:
        await bench.restart()

    await bench.hear(unknown("m1"))

    assert bench.log.told("m1")[-2:] == ["MessageSent", "MessageDelivered"]
    assert set(bench.log.asked) == {("m1", 1), ("m2", 1)}


async def test_two_receipts_that_nobody_knows_settle_nothing(bench: Bench) -> None:
    await bench.hear(connected(), created(WhenUnknown.FAIL), dispatch("m1"))
    await bench.hear(receipt("3EB0m1", "3EB0by-hand"))

    await bench.hear(unknown("m1"))

    assert bench.log.told("m1")[-1] == "MessageFailed"


async def test_what_the_owner_wants_from_now_on_holds_for_the_next_end_that_nobody_saw(
    bench: Bench,
) -> None:
    await bench.hear(connected(), created(), dispatch("m1"), dispatch("m2"))
    await bench.hear(updated(WhenUnknown.FAIL), unknown("m1"))
    await bench.restart()
    await bench.hear(unknown("m2"))
    await bench.hear(updated(WhenUnknown.RESEND), dispatch("m3"))
    await bench.hear(unknown("m3"))

    assert bench.log.told("m1")[-2:] == ["MessageUnknown", "MessageFailed"]
    assert bench.log.told("m2")[-2:] == ["MessageUnknown", "MessageFailed"]
    assert bench.log.told("m3")[-1] == "MessageUnknown"


async def test_a_message_in_doubt_that_is_settled_is_not_sent_again(bench: Bench) -> None:
    await bench.hear(connected(), dispatch("m1"), dispatch("m2", to=BEN), unknown("m1"))
    await bench.hear(receipt("3EB0m1"))

    assert bench.log.asked == [("m2", 1)]


async def test_a_receipt_that_may_be_for_another_message_settles_nothing(bench: Bench) -> None:
    await bench.hear(connected(), created(WhenUnknown.FAIL), dispatch("m1"), unknown("m1"))
    await bench.hear(dispatch("m2"))
    await bench.hear(receipt("3EB0m2"))
    await bench.hear(sent("m2"))

    assert bench.log.told("m1")[-1] == "MessageFailed"
    assert bench.log.told("m2")[-2:] == ["MessageSent", "MessageDelivered"]


async def test_a_receipt_that_may_be_for_a_message_in_doubt_does_not_settle_the_next_one(
    bench: Bench,
) -> None:
    await bench.hear(connected(), created(WhenUnknown.FAIL), dispatch("m1"), unknown("m1"))
    await bench.hear(dispatch("m2"))
    await bench.hear(receipt("3EB0m1"))

    await bench.hear(unknown("m2"))

    assert bench.log.told("m2")[-2:] == ["MessageUnknown", "MessageFailed"]


async def test_a_receipt_during_a_messages_second_try_settles_it_though_the_first_is_in_doubt(
    bench: Bench,
) -> None:
    await bench.hear(connected(), dispatch("m1"), unknown("m1"))
    bench.clock.go_on(seconds(2))
    await bench.wake()
    await bench.hear(receipt("3EB0m1"))

    await bench.hear(unknown("m1", 2))

    assert bench.log.told("m1")[-2:] == ["MessageSent", "MessageDelivered"]
