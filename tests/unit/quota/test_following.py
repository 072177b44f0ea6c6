"""What follows from a decision: commands to others, and the reply."""

from datetime import timedelta
from functools import reduce

from griot_contracts.accounts import CommandDecided, Plan, PlanChanged, Refusal, SessionReleased
from griot_contracts.messages import DispatchMessage, TextContent
from griot_contracts.sessions import DestroySession, StartSession
from quota.domain import Account, AccountCommand, consequences, decide, evolve, verdict
from tests.unit.quota.samples import (
    ACCOUNT,
    FIRST_KEY,
    HISTORY,
    HOLDS_S1,
    MIDNIGHT,
    NOON,
    OPENED,
    RECIPIENT,
    accepted,
    account_after,
    create_session,
    delete_session,
    issue_key,
    open_account,
    send,
    sent_today,
)

HELD = account_after(*HISTORY)
PRO = evolve(HELD, PlanChanged(account_id=ACCOUNT, at=NOON, plan=Plan.PRO))


def reply(account: Account, command: AccountCommand) -> CommandDecided:
    events = decide(account, command)
    return verdict(command, events, reduce(evolve, events, account))


def decided(**said: object) -> CommandDecided:
    return CommandDecided(account_id=ACCOUNT, at=NOON).model_copy(update=said)


def test_an_accepted_message_is_given_to_the_dispatcher() -> None:
    assert consequences(accepted("m1")) == [
        DispatchMessage(
            account_id=ACCOUNT,
            at=NOON,
            message_id="m1",
            session_id="s1",
            to=RECIPIENT,
            content=TextContent(text="hello"),
        )
    ]


def test_a_created_session_is_started() -> None:
    assert consequences(HOLDS_S1) == [StartSession(account_id=ACCOUNT, at=NOON, session_id="s1")]


def test_a_released_session_is_destroyed() -> None:
    released = SessionReleased(account_id=ACCOUNT, at=NOON, session_id="s1")

    assert consequences(released) == [DestroySession(account_id=ACCOUNT, at=NOON, session_id="s1")]


def test_nothing_follows_from_the_rest() -> None:
    refusals = decide(sent_today(100, HELD), send("m")) + decide(HELD, delete_session("s9"))

    assert [consequences(event) for event in (OPENED, FIRST_KEY, *refusals)] == [[], [], [], []]


def test_the_reply_to_a_message_tells_what_is_left_of_the_day() -> None:
    first = reply(HELD, send("m"))
    last = reply(sent_today(99, HELD), send("m"))

    assert first == decided(limit=100, remaining=99, resets_at=MIDNIGHT)
    assert last == decided(limit=100, remaining=0, resets_at=MIDNIGHT)


def test_the_reply_to_a_message_over_the_limit_says_when_to_come_back() -> None:
    then = reply(sent_today(100, HELD), send("m"))

    said = {"limit": 100, "remaining": 0, "resets_at": MIDNIGHT}
    assert then == decided(refusal=Refusal.DAILY_LIMIT_REACHED, **said)


def test_what_is_left_is_never_less_than_nothing() -> None:
    assert reply(sent_today(5_000, HELD), send("m")).remaining == 0


def test_the_reply_speaks_of_the_day_the_message_counts_against() -> None:
    full = sent_today(100, HELD)

    then = reply(full, send("m", at=MIDNIGHT))

    assert (then.remaining, then.resets_at) == (99, MIDNIGHT + timedelta(days=1))


def test_the_reply_to_a_session_tells_how_many_more_there_may_be() -> None:
    assert reply(HELD, create_session("s2")) == decided(limit=10, remaining=8)
    assert reply(PRO, create_session("s2")) == decided()


def test_a_repeat_is_answered_like_the_first() -> None:
    assert reply(HELD, create_session("s1", "shop")) == decided(limit=10, remaining=9)
    assert reply(HELD, open_account()) == decided()


def test_a_refusal_is_told_with_its_code() -> None:
    assert reply(HELD, delete_session("s9")) == decided(refusal=Refusal.NO_SUCH_SESSION)
    assert reply(HELD, open_account("k9")) == decided(refusal=Refusal.EMAIL_TAKEN)


def test_an_account_that_was_never_opened_has_no_limits_to_tell() -> None:
    for command in (send("m"), create_session("s1"), issue_key("k1")):
        assert reply(Account(), command) == decided(refusal=Refusal.NO_SUCH_ACCOUNT)
