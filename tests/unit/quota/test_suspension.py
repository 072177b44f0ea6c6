"""A suspended account does nothing but give things up, and goes on as it was."""

import pytest

from griot_contracts.accounts import (
    AccountResumed,
    AccountSuspended,
    Plan,
    PlanChanged,
    Refusal,
    ResumeAccount,
    SuspendAccount,
)
from griot_contracts.messages import MessageRejected
from griot_contracts.sessions import DesiredState, SessionCreated, SessionUpdated, StartSession, StopSession
from quota.domain import consequences
from tests.unit.quota.samples import (
    ACCOUNT,
    HISTORY,
    NOON,
    change_plan,
    create_session,
    delete_session,
    given,
    issue_key,
    revoke_key,
    send,
)

HOLDS_S2 = SessionCreated(account_id=ACCOUNT, at=NOON, session_id="s2", session_key="second")
S2_IS_OFF = SessionUpdated(
    account_id=ACCOUNT, at=NOON, session_id="s2", desired_state=DesiredState.DISCONNECTED
)
SUSPENDED = AccountSuspended(account_id=ACCOUNT, at=NOON, reason="unpaid", session_ids=("s1",))
RESUMED = AccountResumed(account_id=ACCOUNT, at=NOON, session_ids=("s1",))
SUSPEND = SuspendAccount(account_id=ACCOUNT, at=NOON, reason="unpaid")
RESUME = ResumeAccount(account_id=ACCOUNT, at=NOON)


def test_a_suspension_names_the_sessions_that_are_wanted_connected() -> None:
    assert given(*HISTORY, HOLDS_S2, S2_IS_OFF)(SUSPEND) == [SUSPENDED]


def test_its_sessions_are_stopped_and_a_resumption_starts_the_same() -> None:
    assert consequences(SUSPENDED) == [StopSession(account_id=ACCOUNT, at=NOON, session_id="s1")]
    assert given(*HISTORY, HOLDS_S2, S2_IS_OFF, SUSPENDED)(RESUME) == [RESUMED]
    assert consequences(RESUMED) == [StartSession(account_id=ACCOUNT, at=NOON, session_id="s1")]


def test_to_suspend_or_resume_again_changes_nothing() -> None:
    assert given(*HISTORY, SUSPENDED)(SUSPEND) == []
    assert given(*HISTORY, SUSPENDED, RESUMED)(RESUME) == []


def test_a_suspended_account_sends_nothing() -> None:
    (rejected,) = given(*HISTORY, SUSPENDED)(send("m1"))

    assert isinstance(rejected, MessageRejected)
    assert rejected.reason == "account_suspended"


@pytest.mark.parametrize("command", [issue_key("k2"), create_session("s3")], ids=["key", "session"])
def test_a_suspended_account_gets_nothing_new(command: object) -> None:
    (refused,) = given(*HISTORY, SUSPENDED)(command)  # type: ignore[arg-type]  # either is a command

    assert getattr(refused, "reason", None) is Refusal.ACCOUNT_SUSPENDED


def test_what_only_gives_up_or_is_the_operators_is_still_granted() -> None:
    suspended = given(*HISTORY, SUSPENDED)

    assert suspended(change_plan(Plan.PRO)) == [PlanChanged(account_id=ACCOUNT, at=NOON, plan=Plan.PRO)]
    assert [type(event).__name__ for event in suspended(revoke_key("k1"))] == ["KeyRevoked"]
    assert [type(event).__name__ for event in suspended(delete_session("s1"))] == ["SessionReleased"]


def test_it_goes_on_as_it_was() -> None:
    (accepted,) = given(*HISTORY, SUSPENDED, RESUMED)(send("m1"))

    assert type(accepted).__name__ == "MessageAccepted"
