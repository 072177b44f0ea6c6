"""What holds for every order of commands."""

from collections import Counter
from datetime import timedelta
from functools import reduce

from hypothesis import given, settings
from hypothesis import strategies as st

from griot_contracts.accounts import (
    DAILY_MESSAGE_LIMITS,
    CommandRefused,
    KeyIssued,
    KeyRevoked,
    Plan,
    SessionReleased,
)
from griot_contracts.messages import MessageAccepted, MessageRejected
from griot_contracts.sessions import SessionCreated
from quota.domain import Account, AccountCommand, AccountEvent, consequences, decide, evolve, verdict
from quota.handlers import DecideAccountCommands
from tests.unit.quota.fakes import MemoryAnswers, MemoryLog, MemorySnapshots, records
from tests.unit.quota.samples import (
    MIDNIGHT,
    change_plan,
    create_session,
    delete_session,
    issue_key,
    open_account,
    revoke_key,
    send,
)

# Around midnight, in any order; few names, so that they meet; close to the limits, so that they are passed.
times = st.integers(-3, 3).map(lambda hours: MIDNIGHT + timedelta(hours=hours))
key_ids = st.sampled_from(["k1", "k2", "k3"])
session_ids = st.sampled_from(["s1", "s2", "s11", "s12"])
session_keys = st.none() | st.sampled_from(["shop", "desk"])
sends = st.builds(send, st.sampled_from(["m1", "m2", "m3"]), times, st.just("s1") | session_ids)

commands: st.SearchStrategy[AccountCommand] = st.one_of(
    sends,
    st.builds(open_account, key_ids, times),
    st.builds(change_plan, st.sampled_from(Plan), times),
    st.builds(issue_key, key_ids, times),
    st.builds(revoke_key, key_ids, times),
    st.builds(create_session, session_ids, session_keys, times),
    st.builds(delete_session, session_ids, times),
)
histories = st.lists(commands, min_size=5, max_size=40)

NEARLY_FULL: list[AccountCommand] = [
    open_account(),
    *(create_session(f"s{number}") for number in range(1, 11)),
    *(send(f"m{number}", at=MIDNIGHT) for number in range(99)),
]


def run(history: list[AccountCommand]) -> list[tuple[Account, AccountCommand, list[AccountEvent], Account]]:
    steps, account = [], Account()
    for command in history:
        events = decide(account, command)
        after = reduce(evolve, events, account)
        steps.append((account, command, events, after))
        account = after
    return steps


@given(histories)
def test_no_day_ever_counts_more_than_its_plan_allows(history: list[AccountCommand]) -> None:
    counted: Counter[object] = Counter()
    for before, _, events, after in run([*NEARLY_FULL, *history]):
        for event in events:
            if isinstance(event, MessageAccepted):
                counted[event.day] += 1
                assert counted[event.day] <= DAILY_MESSAGE_LIMITS[before.plan]
                assert counted[event.day] == after.sent


@given(histories)
def test_a_message_is_refused_only_at_the_limit_or_without_its_session(
    history: list[AccountCommand],
) -> None:
    for before, _, events, _ in run([*NEARLY_FULL, *history]):
        for event in events:
            if isinstance(event, MessageRejected) and event.session_id in before.sessions:
                assert before.sent >= before.daily_limit
                assert event.resets_at is not None
                assert event.resets_at > event.at


@given(histories)
def test_sessions_never_pass_the_limit_and_their_keys_stay_unique(history: list[AccountCommand]) -> None:
    for before, _, events, after in run([*NEARLY_FULL, *history]):
        grew = any(isinstance(event, SessionCreated) for event in events)
        assert not grew or before.session_limit is None or len(after.sessions) <= before.session_limit
        assert len(set(after.sessions.values())) == len(after.sessions)


@given(histories)
def test_the_day_never_turns_back(history: list[AccountCommand]) -> None:
    assert all(before.day <= after.day for before, _, _, after in run([*NEARLY_FULL, *history]))


@given(histories)
def test_nothing_that_ended_comes_back(history: list[AccountCommand]) -> None:
    ended: set[str] = set()
    for _, _, events, after in run([*NEARLY_FULL, *history]):
        begun = {event.session_id for event in events if isinstance(event, SessionCreated)}
        begun |= {event.key_id for event in events if isinstance(event, KeyIssued)}
        assert ended.isdisjoint(begun | after.keys.keys() | after.sessions.keys())
        ended |= {event.session_id for event in events if isinstance(event, SessionReleased)}
        ended |= {event.key_id for event in events if isinstance(event, KeyRevoked)}


@given(histories)
def test_every_command_is_decided_and_every_event_folds(history: list[AccountCommand]) -> None:
    for _, command, events, after in run(history):
        refusals = [event for event in events if isinstance(event, MessageRejected | CommandRefused)]
        reply = verdict(command, events, after)

        assert (reply.refusal is not None) == bool(refusals)
        assert reply.remaining is None or reply.remaining >= 0
        assert {event.at for event in events} <= {command.at}
        assert all(then.at == command.at for event in events for then in consequences(event))


@given(histories)
def test_deciding_again_from_the_events_alone_gives_the_same_account(history: list[AccountCommand]) -> None:
    steps = run(history)
    log = [event for _, _, events, _ in steps for event in events]

    assert reduce(evolve, log, Account()) == (steps[-1][3] if steps else Account())


@settings(max_examples=50)
@given(histories, st.data())
async def test_however_a_history_is_cut_into_batches_and_repeated_each_command_has_one_decision(
    history: list[AccountCommand], data: st.DataObject
) -> None:
    batch = records(*NEARLY_FULL, *history)
    snapshots, log, once = MemorySnapshots(), MemoryLog(), MemoryLog()
    await DecideAccountCommands(MemorySnapshots(), MemoryAnswers(), once)(batch)
    decide_batch, position = DecideAccountCommands(snapshots, MemoryAnswers(), log), 0
    while position < len(batch):
        start = data.draw(st.integers(0, position), label="read again from")
        position = data.draw(st.integers(position + 1, len(batch)), label="up to")
        await decide_batch(batch[start:position])

    assert sorted(e.id for e in log.written) == sorted(e.id for e in once.written)
    assert {e.id: e.body for e in log.written} == {e.id: e.body for e in once.written}
