"""What was granted under an Idempotency-Key is answered again, and decides nothing."""

import pytest

from griot_chassis.records import Record
from griot_contracts.accounts import CommandDecided, IssueKey, RecallDecision, Refusal
from griot_contracts.base import Creation, Once
from griot_contracts.messages import MessageAccepted, MessageRejected, SendMessage
from griot_contracts.sessions import CreateSession
from quota.domain import Account, Answer, settle
from quota.handlers import DecideAccountCommands
from tests.unit.quota.answers_suite import AnswersSuite
from tests.unit.quota.fakes import MemoryAnswers, MemoryLog, MemorySnapshots, record, records
from tests.unit.quota.samples import (
    ACCOUNT,
    HISTORY,
    MIDNIGHT,
    NOON,
    account_after,
    create_session,
    delete_session,
    issue_key,
    open_account,
    send,
    sent_today,
)

ONCE = Once(id="o1", fingerprint="f1")
OTHER = Once(id="o1", fingerprint="f2")
READY = records(open_account(), create_session("s1"))
RECALL = RecallDecision(account_id=ACCOUNT, at=MIDNIGHT, once=ONCE)


class TestMemoryAnswers(AnswersSuite):
    @pytest.fixture
    def answers(self) -> MemoryAnswers:
        return MemoryAnswers()


@pytest.fixture
def answers() -> MemoryAnswers:
    return MemoryAnswers()


@pytest.fixture
def snapshots() -> MemorySnapshots:
    return MemorySnapshots()


@pytest.fixture
def log() -> MemoryLog:
    return MemoryLog()


@pytest.fixture
def decide(snapshots: MemorySnapshots, answers: MemoryAnswers, log: MemoryLog) -> DecideAccountCommands:
    return DecideAccountCommands(snapshots, answers, log)


def under(once: Once, command: Creation, offset: int) -> Record:
    asked = command.model_copy(update={"once": once})
    assert isinstance(asked, SendMessage | CreateSession | IssueKey)
    return record(asked, offset)


def replies(log: MemoryLog) -> list[CommandDecided]:
    return [each.body for each in log.of(CommandDecided) if isinstance(each.body, CommandDecided)]


@pytest.mark.parametrize("together", [True, False])
async def test_a_repeat_gets_the_first_reply_and_counts_nothing(
    decide: DecideAccountCommands, log: MemoryLog, snapshots: MemorySnapshots, *, together: bool
) -> None:
    first, again = under(ONCE, send("m1"), 2), under(ONCE, send("m1", at=MIDNIGHT), 3)
    batches = [[*READY, first, again]] if together else [[*READY, first], [again]]

    for batch in batches:
        await decide(batch)

    assert replies(log)[-2] == replies(log)[-1]
    assert [reply.correlation_id for reply in log.of(CommandDecided)[-2:]] == ["command-2", "command-3"]
    assert len(log.of(MessageAccepted)) == 1
    assert (snapshots.stored[ACCOUNT].account.sent, snapshots.stored[ACCOUNT].decided_to) == (1, 3)


async def test_another_request_under_the_same_key_is_refused_and_changes_nothing(
    decide: DecideAccountCommands, log: MemoryLog
) -> None:
    await decide([*READY, under(ONCE, send("m1"), 2)])
    written = len(log.written)

    await decide([under(OTHER, send("m1"), 3), under(OTHER, create_session("s2"), 4)])

    assert [reply.refusal for reply in replies(log)[-2:]] == [Refusal.IDEMPOTENCY_KEY_REUSED] * 2
    assert len(log.written) == written + 2


@pytest.mark.parametrize("lost", ["snapshots", "nothing but the log's acknowledgement"])
async def test_a_crash_after_the_answer_was_stored_repeats_the_same_records(
    snapshots: MemorySnapshots, answers: MemoryAnswers, lost: str
) -> None:
    first, second = MemoryLog(), MemoryLog(breaks_at=1 if lost != "snapshots" else None)
    batch = [*READY, under(ONCE, send("m1"), 2), under(ONCE, send("m1"), 3)]
    await DecideAccountCommands(MemorySnapshots(), answers, first)(batch)  # its snapshots are lost

    if lost != "snapshots":
        with pytest.raises(Exception, match="away"):
            await DecideAccountCommands(snapshots, answers, second)(batch)
        second = MemoryLog()
    await DecideAccountCommands(snapshots, answers, second)(batch)

    assert second.written == first.written
    assert snapshots.stored[ACCOUNT].account.sent == 1


async def test_answers_are_stored_before_the_snapshots_that_would_hide_their_loss(
    decide: DecideAccountCommands, snapshots: MemorySnapshots, answers: MemoryAnswers
) -> None:
    snapshots.away = True

    with pytest.raises(Exception, match="away"):
        await decide([*READY, under(ONCE, send("m1"), 2)])

    assert (set(answers.stored), snapshots.stored) == ({"o1"}, {})


async def test_a_refusal_is_no_answer_so_the_same_request_may_be_granted_later(
    answers: MemoryAnswers, log: MemoryLog, snapshots: MemorySnapshots
) -> None:
    decide = DecideAccountCommands(snapshots, answers, log)
    await decide([*READY, *(record(send(f"m{offset}"), offset) for offset in range(2, 102))])

    await decide([under(ONCE, send("late"), 102)])
    assert (replies(log)[-1].refusal, answers.stored) == (Refusal.DAILY_LIMIT_REACHED, {})
    await decide([under(ONCE, send("late", at=MIDNIGHT), 103), under(ONCE, send("late", at=MIDNIGHT), 104)])

    assert [reply.refusal for reply in replies(log)[-2:]] == [None, None]
    assert [each.subject for each in log.of(MessageRejected)] == ["late"]
    assert [each.subject for each in log.of(MessageAccepted)].count("late") == 1


async def test_what_was_granted_can_be_recalled_and_what_was_not_cannot(
    decide: DecideAccountCommands, log: MemoryLog
) -> None:
    await decide([*READY, record(RECALL, 2)])
    assert replies(log)[-1].refusal is Refusal.NOTHING_DECIDED

    await decide([under(ONCE, send("m1"), 3), record(RECALL, 4)])
    assert replies(log)[-1] == replies(log)[-2]
    assert replies(log)[-1].at == NOON

    await decide([record(RECALL.model_copy(update={"once": OTHER}), 5)])
    assert replies(log)[-1].refusal is Refusal.IDEMPOTENCY_KEY_REUSED


def test_an_answer_to_a_later_command_is_what_a_crash_left() -> None:
    account = sent_today(100, account_after(*HISTORY))
    later = Answer("f1", 9, CommandDecided(account_id=ACCOUNT, at=NOON))

    settled = settle(account, send("m1").model_copy(update={"once": ONCE}), 8, later)

    assert settled.reply.refusal is Refusal.DAILY_LIMIT_REACHED
    assert settled.granted is None


@pytest.mark.parametrize("command", [create_session("s1"), issue_key("k1")])
def test_an_id_that_is_there_though_its_answer_is_forgotten_is_not_made_again(
    command: CreateSession | IssueKey,
) -> None:
    settled = settle(account_after(*HISTORY), command.model_copy(update={"once": ONCE}), 9, None)

    assert settled.reply.refusal is Refusal.IDEMPOTENCY_KEY_REUSED


async def test_a_session_made_once_and_deleted_is_still_answered_as_made(
    decide: DecideAccountCommands, log: MemoryLog
) -> None:
    await decide([*READY, under(ONCE, create_session("s2"), 2), record(delete_session("s2"), 3)])
    await decide([under(ONCE, create_session("s2"), 4)])

    assert replies(log)[-1] == replies(log)[2]


def test_without_a_key_nothing_is_remembered() -> None:
    assert settle(Account(), open_account(), 0, None).granted is None
