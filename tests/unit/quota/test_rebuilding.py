"""Snapshots made again from the events of a log are what deciding made of them."""

from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta

from griot_contracts.accounts import Plan, PlanChanged, SessionReleased
from griot_contracts.base import Contract, Once
from griot_contracts.sessions import SessionCreated, SessionUpdated
from quota.domain import settle
from quota.domain.rebuilding import Question, Remembered, Retelling, Written, question_of
from tests.unit.quota.samples import ACCOUNT, HISTORY, NOON, accepted, account_after, given, send

EVENTS = (*HISTORY, PlanChanged(account_id=ACCOUNT, at=NOON, plan=Plan.PRO), accepted("m1"), accepted("m2"))
ONCE = Once(id="once", fingerprint="f")
HOLDS_S2 = SessionCreated(account_id=ACCOUNT, at=NOON, session_id="s2", session_key="bar")


def written(*events: Contract) -> list[Written]:
    """Each in a partition of its own, a second after the one before."""
    return [
        Written(f"r{n}", f"c{n}", partition=n, written_at=NOON + timedelta(seconds=n), body=event)
        for n, event in enumerate(events)
    ]


def retold(
    log: Iterable[Written], undecided: Collection[str] = (), questions: Mapping[str, Question] | None = None
) -> Retelling:
    retelling = Retelling(undecided, questions or {})
    for one in log:
        retelling.take(one)
    return retelling


def remember(
    log: Iterable[Written], undecided: Collection[str] = (), questions: Mapping[str, Question] | None = None
) -> Remembered:
    return retold(log, undecided, questions).remembered()


def asked(message_id: str, offset: int) -> Question:
    question = question_of(send(message_id).model_copy(update={"once": ONCE}), offset)
    assert question is not None
    return question


def default(session_id: str, *, sequence: int | None, is_default: bool = True) -> SessionUpdated:
    return SessionUpdated(
        account_id=ACCOUNT, at=NOON, session_id=session_id, is_default=is_default, sequence=sequence
    )


def test_the_account_is_what_its_events_make_of_it() -> None:
    assert remember(written(*EVENTS)).accounts == {ACCOUNT: account_after(*EVENTS)}


def test_what_was_told_twice_counts_once() -> None:
    assert remember(written(*EVENTS) * 2).accounts[ACCOUNT].sent == 2
    assert remember(written(*EVENTS) * 2, (), {"c9": asked("m9", 9)}).accounts[ACCOUNT].sent == 2


def test_events_of_other_partitions_come_in_the_order_in_which_they_were_written() -> None:
    released = SessionReleased(account_id=ACCOUNT, at=NOON, session_id="s1")
    events = written(*HISTORY, released)

    assert remember(reversed(events)).accounts[ACCOUNT] == account_after(*HISTORY, released)


def test_events_of_one_partition_stay_in_order_when_its_next_leaders_clock_is_behind() -> None:
    events = (*HISTORY, SessionUpdated(account_id=ACCOUNT, at=NOON, session_id="s1", session_key="desk"))
    log = [
        Written(one.id, one.cause, "the same", NOON - timedelta(seconds=n), one.body)
        for n, one in enumerate(written(*events))
    ]

    assert remember(log).accounts[ACCOUNT].sessions == {"s1": "desk"}


def test_of_two_defaults_the_one_decided_last_holds_whatever_the_brokers_clocks_say() -> None:
    second = [default("s1", sequence=8, is_default=False), default("s2", sequence=8)]
    clocks_differ = [*HISTORY, HOLDS_S2, second[1], default("s1", sequence=5), second[0]]

    assert remember(written(*clocks_differ)).accounts[ACCOUNT].default_session == "s2"


def test_a_default_that_was_overtaken_keeps_what_else_it_says_of_its_session() -> None:
    renamed = default("s1", sequence=5).model_copy(update={"session_key": "desk"})

    account = remember(written(*HISTORY, HOLDS_S2, default("s2", sequence=8), renamed)).accounts[ACCOUNT]

    assert (account.default_session, account.sessions["s1"]) == ("s2", "desk")


def test_to_say_of_another_session_that_it_is_not_the_default_overtakes_nothing() -> None:
    events = [*HISTORY, HOLDS_S2, default("s2", sequence=9, is_default=False), default("s1", sequence=5)]

    assert remember(written(*events)).accounts[ACCOUNT].default_session == "s1"


def test_a_default_without_a_number_holds() -> None:
    events = [*HISTORY, HOLDS_S2, default("s1", sequence=5), default("s2", sequence=None)]

    assert remember(written(*events)).accounts[ACCOUNT].default_session == "s2"


def test_what_will_be_decided_again_does_not_count_yet() -> None:
    assert remember(written(*EVENTS), {"c5"}).accounts == {ACCOUNT: account_after(*EVENTS[:-1])}


def test_what_was_granted_under_an_idempotency_key_is_answered_as_it_was() -> None:
    before, command = account_after(*HISTORY), send("m1").model_copy(update={"once": ONCE})
    first = settle(before, command, 7, None)

    found = remember(written(*HISTORY, *first.events), (), {f"c{len(HISTORY)}": asked("m1", 7)})

    assert found.answers == {"once": first.granted}


def test_an_answer_counts_what_was_accepted_before_it_without_a_key_and_on_its_own_day() -> None:
    next_day = accepted("m4", at=NOON + timedelta(days=1))
    events = (*HISTORY, accepted("m1"), accepted("m2"), accepted("m3"), next_day)

    found = remember(reversed(written(*events)), (), {"c4": asked("m2", 7)})

    assert found.answers["once"].reply.remaining == 98
    assert found.accounts[ACCOUNT] == account_after(*events)


def test_only_what_is_granted_under_an_idempotency_key_is_asked() -> None:
    assert question_of(send("m1"), 7) is None


def test_a_refusal_is_no_answer_and_changes_nothing() -> None:
    (refused,) = given(*HISTORY)(send("m1", session_id="nobody's"))

    found = remember(written(*HISTORY, refused), (), {f"c{len(HISTORY)}": asked("m1", 7)})

    assert (found.accounts[ACCOUNT], found.answers) == (account_after(*HISTORY), {})


def test_no_text_is_kept() -> None:
    assert "hello" not in repr(retold(written(*EVENTS)))
    assert "hello" not in repr(retold(written(*EVENTS), (), {"c4": asked("m1", 4)}))


def test_of_the_messages_of_several_days_the_last_days_alone_are_kept() -> None:
    days = [[accepted(f"m{day}-{n}", NOON + timedelta(days=day)) for n in range(3)] for day in range(8)]
    log = written(*HISTORY, *(event for day in days for event in day))
    read_in_no_order_of_days = [*log[15:], *log[:15]]

    retelling = retold(read_in_no_order_of_days)

    messages = log[len(HISTORY) :]
    assert [one.id for one in messages if repr(one.id) in repr(retelling)] == [
        one.id for one in messages[-3:]
    ]
    assert retelling.remembered().accounts[ACCOUNT] == account_after(*(one.body for one in log))  # type: ignore[arg-type]


def test_a_question_keeps_nothing_that_people_wrote() -> None:
    assert "hello" not in repr(asked("m1", 7))
