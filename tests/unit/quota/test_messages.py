"""Messages against the day's limit."""

from datetime import UTC, date, datetime, timedelta, timezone

from griot_contracts.accounts import KeyRevoked, Plan, PlanChanged, SessionReleased
from griot_contracts.messages import MessageAccepted, MessageRejected
from quota.domain import Account, decide, evolve
from tests.unit.quota.samples import (
    ACCOUNT,
    HISTORY,
    MIDNIGHT,
    NOON,
    accepted,
    account_after,
    given,
    send,
    sent_today,
)

ON_PRO = PlanChanged(account_id=ACCOUNT, at=NOON, plan=Plan.PRO)
ON_FREE = PlanChanged(account_id=ACCOUNT, at=NOON, plan=Plan.FREE)
SECOND = timedelta(seconds=1)


def rejected(message_id: str, at: datetime, reason: str) -> MessageRejected:
    asked = send(message_id, at=at)
    return MessageRejected(
        account_id=ACCOUNT,
        at=at,
        message_id=message_id,
        session_id="s1",
        to=asked.to,
        content=asked.content,
        reason=reason,
    )


def over(message_id: str, *, at: datetime, limit: int, resets_at: datetime) -> MessageRejected:
    said = {"limit": limit, "resets_at": resets_at}
    return rejected(message_id, at, "daily_limit_reached").model_copy(update=said)


def test_a_message_is_accepted_and_counts_against_the_day_it_was_asked_for() -> None:
    assert given(*HISTORY)(send("m1")) == [accepted("m1")]
    assert accepted("m1").day == date(2026, 3, 14)


def test_a_free_account_sends_a_hundred_messages_a_day_and_not_one_more() -> None:
    hundred = [accepted(f"m{number}") for number in range(100)]

    assert given(*HISTORY, *hundred[:99])(send("m99")) == [hundred[99]]
    assert given(*HISTORY, *hundred)(send("m100")) == [
        over("m100", at=NOON, limit=100, resets_at=MIDNIGHT)
    ]  # fmt: skip


def test_a_rejected_message_counts_against_nothing() -> None:
    full = sent_today(100, account_after(*HISTORY))

    assert evolve(full, over("m100", at=NOON, limit=100, resets_at=MIDNIGHT)) == full


def test_a_pro_account_sends_ten_thousand() -> None:
    pro = account_after(*HISTORY, ON_PRO)

    assert decide(sent_today(9_999, pro), send("m")) == [accepted("m")]
    assert decide(sent_today(10_000, pro), send("m")) == [
        over("m", at=NOON, limit=10_000, resets_at=MIDNIGHT)
    ]  # fmt: skip


def test_another_plan_holds_from_the_next_message_on() -> None:
    full = sent_today(100, account_after(*HISTORY))

    assert decide(evolve(full, ON_PRO), send("m")) == [accepted("m")]
    assert decide(evolve(evolve(full, ON_PRO), ON_FREE), send("m")) == decide(full, send("m"))


def test_midnight_of_utc_gives_a_new_day() -> None:
    full = sent_today(100, account_after(*HISTORY))

    assert isinstance(decide(full, send("m", at=MIDNIGHT - SECOND))[0], MessageRejected)
    assert decide(full, send("m", at=MIDNIGHT)) == [accepted("m", at=MIDNIGHT)]


def test_the_day_is_utcs_wherever_the_time_was_written() -> None:
    in_douala = MIDNIGHT.astimezone(timezone(timedelta(hours=1)))
    full = sent_today(100, account_after(*HISTORY))

    [event] = decide(full, send("m", at=in_douala))

    assert isinstance(event, MessageAccepted)
    assert event.day == MIDNIGHT.date()


def test_the_first_message_of_a_day_starts_its_count() -> None:
    account = evolve(sent_today(100, account_after(*HISTORY)), accepted("m", at=MIDNIGHT))

    assert (account.day, account.sent) == (MIDNIGHT.date(), 1)


def test_a_message_asked_for_before_midnight_and_decided_after_counts_against_the_new_day() -> None:
    turned = account_after(*HISTORY, accepted("m1", at=MIDNIGHT))

    [late] = decide(turned, send("m2", at=MIDNIGHT - SECOND))

    assert late == accepted("m2", at=MIDNIGHT - SECOND).model_copy(update={"day": MIDNIGHT.date()})
    assert evolve(turned, late).sent == 2


def test_a_late_message_over_the_new_days_limit_waits_for_the_day_after() -> None:
    turned = account_after(*HISTORY, accepted("m1", at=MIDNIGHT))
    full = Account(email=turned.email, plan=turned.plan, sessions=turned.sessions, day=turned.day, sent=100)

    then = decide(full, send("m2", at=MIDNIGHT - SECOND))

    assert then == [
        over("m2", at=MIDNIGHT - SECOND, limit=100, resets_at=MIDNIGHT + timedelta(days=1))
    ]  # fmt: skip


def test_a_message_of_a_day_that_is_over_no_longer_counts_when_the_history_is_read_in_another_order() -> None:
    in_order = account_after(*HISTORY, accepted("m1"), accepted("m2", at=MIDNIGHT))
    otherwise = account_after(*HISTORY, accepted("m2", at=MIDNIGHT), accepted("m1"))

    assert in_order == otherwise


def test_an_acceptance_without_its_day_counts_against_the_day_of_its_time() -> None:
    older = accepted("m1").model_copy(update={"day": None})

    assert evolve(Account(), older).day == NOON.astimezone(UTC).date()


def test_nothing_is_sent_on_a_session_that_is_not_held() -> None:
    released = SessionReleased(account_id=ACCOUNT, at=NOON, session_id="s1")

    then = given(*HISTORY, released)(send("m1"))

    assert then == [rejected("m1", NOON, "no_such_session")]


def test_a_revoked_key_sends_nothing() -> None:
    revoked = KeyRevoked(account_id=ACCOUNT, at=NOON, key_id="k1", key_hash="h1")

    assert given(*HISTORY)(send("m1", key_id="k1")) == [accepted("m1")]
    assert given(*HISTORY, revoked)(send("m1", key_id="k1")) == [rejected("m1", NOON, "no_such_key")]


def test_a_message_that_does_not_say_its_key_is_sent() -> None:
    assert given(*HISTORY)(send("m1", key_id=None)) == [accepted("m1")]


def test_nothing_is_sent_for_an_account_that_was_never_opened() -> None:
    assert given()(send("m1")) == [rejected("m1", NOON, "no_such_account")]
