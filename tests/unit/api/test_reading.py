"""What the api makes of documents, and how a list goes on."""

import pytest

from api.allowances import Allowances, rate_limit_headers, seconds_until
from api.problems import Problem
from api.projector.projections import Document, evolve
from api.reads import MessageFilter, page
from api.views import page_view, place
from griot_contracts.accounts import CommandDecided, Refusal
from tests.unit.api.events import ACCOUNT, NOON, SESSION, accepted, after, plan_changed


def messages(number: int) -> list[Document]:
    made = [evolve(None, accepted(f"m{n}", at=after(n // 2)), n) for n in range(number)]
    return [message for message in made if message is not None]


def test_a_list_read_part_by_part_is_the_whole_list_newest_first() -> None:
    documents, cursor, seen = messages(7), None, []
    for _ in range(4):
        part = page_view(
            page(documents, limit=3, after=place(cursor)), 2, lambda document: str(document["_id"])
        )
        seen += part.data
        cursor = part.next_cursor

    assert seen == ["m6", "m5", "m4", "m3", "m2", "m1", "m0"]
    assert cursor is None


@pytest.mark.parametrize("cursor", ["", "x", "====", "é", "MTIz" * 40, "OTk5OTk5OTk5OTk5OTk5OTk5OTp4"])
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(Problem) as refused:
        place(cursor)

    assert (refused.value.code, refused.value.field) == ("invalid_cursor", "cursor")


@pytest.mark.parametrize(
    ("wanted", "admitted"),
    [
        (MessageFilter(), True),
        (MessageFilter(status="pending", session_id=SESSION, type="text"), True),
        (MessageFilter(status="sent"), False),
        (MessageFilter(since=NOON, until=after(1)), True),
        (MessageFilter(until=NOON), False),
        (MessageFilter(since=after(1)), False),
    ],
)
def test_a_filter_admits_what_mongodb_would_find(wanted: MessageFilter, *, admitted: bool) -> None:
    assert wanted.admits(messages(1)[0]) is admitted


def decided(refusal: Refusal | None = None, remaining: int = 0) -> CommandDecided:
    return CommandDecided(
        account_id=ACCOUNT, at=NOON, refusal=refusal, limit=100, remaining=remaining, resets_at=after(3600)
    )


def test_a_limit_once_hit_is_remembered_until_it_resets() -> None:
    allowances = Allowances()
    allowances.learn(decided(Refusal.DAILY_LIMIT_REACHED))

    assert allowances.exhausted(ACCOUNT, after(3599)) is not None
    assert allowances.exhausted(ACCOUNT, after(3600)) is None


def test_a_change_of_plan_forgets_the_limit() -> None:
    allowances = Allowances()
    allowances.learn(decided(Refusal.DAILY_LIMIT_REACHED))
    allowances.plan_changed(plan_changed("pro"))
    assert allowances.exhausted(ACCOUNT, NOON) is None


def test_a_refusal_under_the_old_plan_that_is_heard_after_the_change_is_not_remembered() -> None:
    allowances = Allowances()
    allowances.plan_changed(plan_changed("pro"))

    allowances.learn(decided(Refusal.DAILY_LIMIT_REACHED))
    assert allowances.exhausted(ACCOUNT, NOON) is None

    allowances.plan_changed(plan_changed("free"))
    allowances.learn(decided(Refusal.DAILY_LIMIT_REACHED))
    assert allowances.exhausted(ACCOUNT, NOON) is not None


def test_an_old_change_of_plan_that_is_told_again_changes_nothing() -> None:
    allowances = Allowances()
    allowances.plan_changed(plan_changed("pro", sequence=1))
    allowances.plan_changed(plan_changed("free", sequence=2))
    allowances.learn(decided(Refusal.DAILY_LIMIT_REACHED))

    allowances.plan_changed(plan_changed("pro", sequence=1))

    assert allowances.exhausted(ACCOUNT, NOON) is not None


def test_an_account_with_messages_left_is_not_refused() -> None:
    allowances = Allowances()
    allowances.learn(decided(remaining=3))

    assert allowances.exhausted(ACCOUNT, NOON) is None


def test_the_headers_say_how_many_are_left_and_until_when() -> None:
    headers = rate_limit_headers(decided(remaining=3), NOON)

    assert headers == {
        "RateLimit-Policy": "100;w=86400",
        "RateLimit-Limit": "100",
        "RateLimit-Remaining": "3",
        "RateLimit-Reset": "3600",
    }


def test_a_wait_is_never_told_as_none() -> None:
    assert seconds_until(NOON, NOON) == 1
    assert seconds_until(after(1.2), NOON) == 2
