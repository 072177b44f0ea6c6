"""Opening an account, changing its plan, and its keys."""

from datetime import timedelta

import pytest

from griot_contracts.accounts import (
    AccountOpened,
    CommandRefused,
    IssueKey,
    KeyIssued,
    KeyRevoked,
    Plan,
    PlanChanged,
    Refusal,
    Scope,
)
from griot_contracts.messages import MessageRejected
from quota.domain import AccountCommand, decide, evolve
from quota.domain.account import MOST_KEYS
from tests.unit.quota.samples import (
    ACCOUNT,
    FIRST_KEY,
    HISTORY,
    NOON,
    OPENED,
    account_after,
    change_plan,
    create_session,
    delete_session,
    given,
    issue_key,
    open_account,
    revoke_key,
    send,
)

K2 = KeyIssued(account_id=ACCOUNT, at=NOON, key_id="k2", key_hash="h2", key_hint="grt_live_bbbb")
K2_REVOKED = KeyRevoked(account_id=ACCOUNT, at=NOON, key_id="k2", key_hash="h2")


def refused(command: str, reason: Refusal) -> list[CommandRefused]:
    return [CommandRefused(account_id=ACCOUNT, at=NOON, command=command, reason=reason)]


def test_an_account_opens_on_the_free_plan_with_its_first_key() -> None:
    assert given()(open_account()) == [OPENED, FIRST_KEY]
    assert OPENED.plan is Plan.FREE


def test_the_first_key_may_do_everything() -> None:
    [_, issued] = given()(open_account())

    assert isinstance(issued, KeyIssued)
    assert issued.scopes == tuple(Scope)


def test_an_address_that_is_in_use_opens_no_second_account() -> None:
    then = given(OPENED, FIRST_KEY)(open_account(key_id="k9"))

    assert then == refused("OpenAccount", Refusal.EMAIL_TAKEN)


def test_opening_the_same_account_again_changes_nothing_and_is_no_refusal() -> None:
    assert given(OPENED, FIRST_KEY)(open_account(key_id="k1")) == []


def test_a_repeat_of_the_opening_is_known_when_its_key_is_long_revoked() -> None:
    gone = KeyRevoked(account_id=ACCOUNT, at=NOON, key_id="k1", key_hash="h1")

    assert given(OPENED, FIRST_KEY, K2, gone)(open_account(key_id="k1")) == []


@pytest.mark.parametrize(
    "command",
    [
        change_plan(Plan.PRO),
        issue_key("k2"),
        revoke_key("k1"),
        create_session("s1"),
        delete_session("s1"),
    ],
)
def test_an_account_that_was_never_opened_is_refused_everything(command: AccountCommand) -> None:
    assert given()(command) == refused(type(command).__name__, Refusal.NO_SUCH_ACCOUNT)


def test_the_operator_changes_the_plan() -> None:
    then = given(*HISTORY)(change_plan(Plan.PRO))

    assert then == [PlanChanged(account_id=ACCOUNT, at=NOON, plan=Plan.PRO)]
    assert account_after(*HISTORY, *then).daily_limit == 10_000
    assert account_after(*HISTORY, *then).session_limit is None


def test_changing_to_the_same_plan_changes_nothing() -> None:
    assert given(*HISTORY)(change_plan(Plan.FREE)) == []


def test_a_key_is_issued_as_it_was_asked_for() -> None:
    until = NOON + timedelta(days=30)
    asked = issue_key("k2").model_copy(
        update={"name": "ci", "scopes": (Scope.MESSAGES_SEND,), "expires_at": until}
    )
    assert isinstance(asked, IssueKey)

    then = given(*HISTORY)(asked)

    wanted = {"name": "ci", "scopes": (Scope.MESSAGES_SEND,), "expires_at": until}
    assert then == [K2.model_copy(update=wanted)]


def test_issuing_the_same_key_again_changes_nothing() -> None:
    assert given(*HISTORY, K2)(issue_key("k2")) == []


def test_an_account_has_a_thousand_keys_and_not_one_more() -> None:
    keys = tuple(K2.model_copy(update={"key_id": f"k{number}"}) for number in range(2, MOST_KEYS + 1))
    full = given(*HISTORY, *keys)

    [refusal] = full(issue_key("one more"))

    assert refusal == CommandRefused(
        account_id=ACCOUNT, at=NOON, command="IssueKey", reason=Refusal.KEY_LIMIT_REACHED, limit=1_000
    )
    assert full(issue_key("k2")) == []
    assert given(*HISTORY, *keys[:-1])(issue_key(f"k{MOST_KEYS}"))[0].type() == KeyIssued.type()
    assert given(*HISTORY, *keys, K2_REVOKED)(issue_key("one more"))[0].type() == KeyIssued.type()


def test_however_many_keys_were_revoked_they_are_refused_and_the_account_stays_small() -> None:
    account = account_after(*HISTORY)
    for number in range(2 * MOST_KEYS):
        issued = K2.model_copy(update={"key_id": f"key {number}"})
        revoked = K2_REVOKED.model_copy(update={"key_id": f"key {number}"})
        account = evolve(evolve(account, issued), revoked)

    [refusal] = decide(account, send("m1", key_id="key 0"))

    assert isinstance(refusal, MessageRejected)
    assert refusal.reason == "no_such_key"
    assert (len(account.keys), len(account.ended)) == (1, 100)


def test_a_revoked_key_is_named_with_its_hash_so_that_caches_can_drop_it() -> None:
    assert given(*HISTORY, K2)(revoke_key("k2")) == [K2_REVOKED]


@pytest.mark.parametrize("history", [HISTORY, (*HISTORY, K2, K2_REVOKED)])
def test_a_key_that_is_unknown_or_revoked_cannot_be_revoked(history: tuple[AccountOpened, ...]) -> None:
    assert given(*history)(revoke_key("k2")) == refused("RevokeKey", Refusal.NO_SUCH_KEY)


def test_a_late_repeat_does_not_revive_a_revoked_key() -> None:
    assert given(*HISTORY, K2, K2_REVOKED)(issue_key("k2")) == []


def test_an_issuing_told_again_after_the_revocation_revives_nothing() -> None:
    account = account_after(*HISTORY, K2, K2_REVOKED)

    assert evolve(account, K2) == account


def test_an_account_remembers_the_last_hundred_things_that_ended() -> None:
    account = account_after(*HISTORY)
    for number in range(150):
        ended = K2_REVOKED.model_copy(update={"key_id": f"k{number}"})
        account = evolve(account, ended)

    assert account.ended == tuple(f"k{number}" for number in range(50, 150))
