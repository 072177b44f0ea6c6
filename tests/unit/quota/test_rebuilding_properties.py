"""Whatever was decided, and however its log is read, the same snapshot and the same answers come of it."""

from collections import defaultdict
from collections.abc import Hashable
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from griot_contracts.accounts import Plan
from griot_contracts.base import Contract, Creation, Once, Sequenced
from griot_contracts.sessions import DesiredState, UpdateSession
from griot_contracts.topics import topic_of
from quota.domain import Account, AccountCommand, Answer, settle
from quota.domain.rebuilding import Question, Remembered, Retelling, Written, question_of
from tests.unit.quota.samples import (
    ACCOUNT,
    NOON,
    change_plan,
    create_session,
    delete_session,
    issue_key,
    open_account,
    revoke_key,
    send,
)

BEGINNING: list[AccountCommand] = [open_account(), *(create_session(id_) for id_ in ("s1", "s2", "s3"))]

key_ids = st.sampled_from(["k1", "k2"])
session_ids = st.sampled_from(["s1", "s2", "s3", "s4"])
times = st.integers(0, 8 * 24).map(lambda hours: NOON + timedelta(hours=hours))
sends = st.builds(send, st.sampled_from(["m1", "m2"]), times, session_ids)


def update(session_id: str, at: datetime, default: bool | None, wanted: DesiredState | None) -> UpdateSession:  # noqa: FBT001 - as drawn
    return UpdateSession(
        account_id=ACCOUNT, at=at, session_id=session_id, is_default=default, desired_state=wanted
    )


commands: st.SearchStrategy[AccountCommand] = st.one_of(
    sends,
    sends,
    st.builds(
        update, session_ids, times, st.none() | st.booleans(), st.none() | st.sampled_from(DesiredState)
    ),
    st.builds(create_session, session_ids, at=times),
    st.builds(delete_session, session_ids, times),
    st.builds(change_plan, st.sampled_from(Plan), times),
    st.builds(issue_key, key_ids, times),
    st.builds(revoke_key, key_ids, times),
)
histories = st.lists(commands, max_size=40).map(lambda drawn: sorted(drawn, key=lambda command: command.at))


class Decided:
    """A history as it was decided, one command a second, and the log that it left."""

    def __init__(self, history: list[AccountCommand], *, under_keys: bool) -> None:
        self.account = Account()
        self.answers: dict[str, Answer] = {}
        self.questions: dict[str, Question] = {}
        self.log: list[Written] = []
        for offset, command in enumerate([*BEGINNING, *history]):
            self._decide(under_a_key(command, offset) if under_keys and offset % 3 else command, offset)

    def _decide(self, command: AccountCommand, offset: int) -> None:
        settled, cause = settle(self.account, command, offset, None), f"c{offset}"
        self.account = settled.account
        if settled.granted is not None:
            self.answers[f"once {offset}"] = settled.granted
        if (question := question_of(command, offset)) is not None:
            self.questions[cause] = question
        for number, event in enumerate(settled.events):
            told = event.model_copy(update={"sequence": offset}) if isinstance(event, Sequenced) else event
            at = NOON + timedelta(seconds=offset)
            self.log.append(Written(f"r{offset}-{number}", cause, partition_of(told), at, told))


def under_a_key(command: AccountCommand, offset: int) -> AccountCommand:
    if not isinstance(command, Creation):
        return command
    return command.model_copy(update={"once": Once(id=f"once {offset}", fingerprint="f")})


def partition_of(event: Contract) -> Hashable:
    topic = topic_of(event)
    return topic.name, topic.key_of(event)


def read(data: st.DataObject, log: list[Written]) -> list[Written]:
    """The log as it is read: each partition in order, some of it told twice, and the partitions in any."""
    again = data.draw(st.lists(st.sampled_from(log)), label="told again")
    partitions: defaultdict[Hashable, list[Written]] = defaultdict(list)
    for one in [*log, *again]:
        partitions[one.partition].append(one)
    turns = [partition for partition, records in partitions.items() for _ in records]
    return [partitions[turn].pop(0) for turn in data.draw(st.permutations(turns), label="turns")]


def remembered(log: list[Written], undecided: set[str], questions: dict[str, Question]) -> Remembered:
    retelling = Retelling(undecided, questions)
    for one in log:
        retelling.take(one)
    return retelling.remembered()


def without_an_order_of_sessions(account: Account) -> Account:
    return replace(account, disconnected=tuple(sorted(account.disconnected)))


@given(histories, st.booleans(), st.data())
def test_what_was_decided_comes_back_and_what_will_be_decided_again_does_not(
    history: list[AccountCommand],
    under_keys: bool,  # noqa: FBT001 - as drawn
    data: st.DataObject,
) -> None:
    cut = data.draw(st.integers(0, len(history)), label="decided up to")
    whole, expected = (Decided(part, under_keys=under_keys) for part in (history, history[:cut]))
    undecided = {f"c{offset}" for offset in range(len(BEGINNING) + cut, len(BEGINNING) + len(history))}

    found = remembered(read(data, whole.log), undecided, expected.questions)

    assert found.accounts == {ACCOUNT: expected.account}
    assert found.answers == expected.answers


@given(histories, st.booleans(), st.data())
def test_the_snapshot_is_the_same_where_the_brokers_clocks_differ(
    history: list[AccountCommand],
    under_keys: bool,  # noqa: FBT001 - as drawn
    data: st.DataObject,
) -> None:
    decided = Decided(history, under_keys=under_keys)
    clocks = st.integers(-60, 60).map(lambda seconds: timedelta(seconds=seconds))
    log = [replace(one, written_at=one.written_at + data.draw(clocks, label="clock")) for one in decided.log]

    found = remembered(read(data, log), set(), decided.questions).accounts[ACCOUNT]

    assert without_an_order_of_sessions(found) == without_an_order_of_sessions(decided.account)
