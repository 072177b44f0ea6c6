"""Snapshots made again from the events of a log are what deciding made of them."""

from griot_contracts.accounts import Plan, PlanChanged, SessionReleased
from griot_contracts.base import Once
from quota.domain import AccountEvent, settle
from quota.domain.rebuilding import Question, Told, as_told, remember
from tests.unit.quota.samples import ACCOUNT, HISTORY, NOON, accepted, account_after, given, send

EVENTS = (*HISTORY, PlanChanged(account_id=ACCOUNT, at=NOON, plan=Plan.PRO), accepted("m1"), accepted("m2"))
ONCE = Once(id="once", fingerprint="f")


def told(*events: AccountEvent, causes: dict[int, str] | None = None) -> list[Told]:
    found = [
        as_told(event, (float(n), n), f"r{n}", (causes or {}).get(n, f"c{n}"))
        for n, event in enumerate(events)
    ]
    return [one for one in found if one is not None]


def test_the_account_is_what_its_events_make_of_it() -> None:
    assert remember(told(*EVENTS), (), {}).accounts == {ACCOUNT: account_after(*EVENTS)}


def test_what_was_told_twice_counts_once() -> None:
    assert remember(told(*EVENTS) * 2, (), {}).accounts[ACCOUNT].sent == 2


def test_events_of_other_partitions_come_in_the_order_in_which_they_were_written() -> None:
    released = SessionReleased(account_id=ACCOUNT, at=NOON, session_id="s1")
    events = told(*HISTORY, released)

    assert remember(reversed(events), (), {}).accounts[ACCOUNT] == account_after(*HISTORY, released)


def test_what_will_be_decided_again_does_not_count_yet() -> None:
    again = {"c5"}

    assert remember(told(*EVENTS), again, {}).accounts == {ACCOUNT: account_after(*EVENTS[:-1])}


def test_what_was_granted_under_an_idempotency_key_is_answered_as_it_was() -> None:
    before, command = account_after(*HISTORY), send("m1").model_copy(update={"once": ONCE})
    first = settle(before, command, 7, None)

    found = remember(told(*HISTORY, *first.events), (), {f"c{len(HISTORY)}": Question(command, 7)})

    assert found.answers == {"once": first.granted}


def test_a_refusal_is_no_answer_and_changes_nothing() -> None:
    (refused,) = given(*HISTORY)(send("m1", session_id="nobody's"))

    assert as_told(refused, (0.0, 0), "r", "c") is None


def test_no_text_is_kept() -> None:
    assert "hello" not in repr(told(*EVENTS))
