"""The batch: in which order things are written, and what a repeat does."""

import pytest

from griot_chassis.errors import BrokerUnavailableError, DatabaseUnavailableError
from griot_contracts.accounts import AccountOpened, CommandDecided, CommandRefused, KeyIssued, Refusal
from griot_contracts.ids import derive
from griot_contracts.messages import DispatchMessage, MessageAccepted, MessageRejected
from griot_contracts.sessions import DestroySession, SessionCreated, StartSession
from quota.handlers import DecideAccountCommands
from tests.unit.quota.fakes import REPLY_TO, MemoryAnswers, MemoryLog, MemorySnapshots, record, records
from tests.unit.quota.samples import ACCOUNT, create_session, delete_session, open_account, send
from tests.unit.quota.snapshots_suite import SnapshotsSuite

OTHER = "6a2f41a3-c54c-5c1c-a9f3-000000000002"
READY = records(open_account(), create_session("s1"))


class TestMemorySnapshots(SnapshotsSuite):
    @pytest.fixture
    def snapshots(self) -> MemorySnapshots:
        return MemorySnapshots()


@pytest.fixture
def snapshots() -> MemorySnapshots:
    return MemorySnapshots()


@pytest.fixture
def log() -> MemoryLog:
    return MemoryLog()


@pytest.fixture
def decide(snapshots: MemorySnapshots, log: MemoryLog) -> DecideAccountCommands:
    return DecideAccountCommands(snapshots, MemoryAnswers(), log)


async def test_the_events_are_in_the_log_before_the_commands_that_follow_and_the_replies(
    decide: DecideAccountCommands, log: MemoryLog
) -> None:
    await decide([*READY, record(send("m1"), 2)])

    [events, answers] = log.calls
    assert [type(event.body) for event in events] == [
        AccountOpened,
        KeyIssued,
        SessionCreated,
        MessageAccepted,
    ]
    assert [type(answer.body) for answer in answers] == [
        CommandDecided,
        StartSession,
        CommandDecided,
        DispatchMessage,
        CommandDecided,
    ]


async def test_each_id_follows_from_the_commands_id_and_the_type(
    decide: DecideAccountCommands, log: MemoryLog
) -> None:
    await decide([*READY, record(send("m1"), 2)])

    assert log.of(KeyIssued)[0].id == derive("command-0", "KeyIssued")
    assert log.of(DispatchMessage)[0].id == derive("command-2", "DispatchMessage")
    assert log.of(CommandDecided)[2].id == derive("command-2", "CommandDecided")


async def test_what_may_be_overtaken_has_the_place_of_its_command(
    decide: DecideAccountCommands, log: MemoryLog
) -> None:
    await decide(READY)

    [start] = log.of(StartSession)
    assert isinstance(start.body, StartSession)
    assert start.body.sequence == READY[1].offset


async def test_every_record_names_the_command_it_began_with_and_what_led_to_it(
    decide: DecideAccountCommands, log: MemoryLog
) -> None:
    await decide([*READY, record(send("m1"), 2)])

    [accepted], [dispatch] = log.of(MessageAccepted), log.of(DispatchMessage)
    reply = log.of(CommandDecided)[-1]
    assert (accepted.correlation_id, accepted.causation_id) == ("command-2", "command-2")
    assert (dispatch.correlation_id, dispatch.causation_id) == ("command-2", accepted.id)
    assert (reply.correlation_id, reply.causation_id) == ("command-2", "command-2")


async def test_the_reply_goes_where_the_command_awaits_it_and_nothing_else_does(
    decide: DecideAccountCommands, log: MemoryLog
) -> None:
    await decide(READY)

    assert {envelope.reply_to for envelope in log.of(CommandDecided)} == {REPLY_TO}
    assert {envelope.reply_to for envelope in log.of(SessionCreated) + log.of(StartSession)} == {None}


async def test_a_command_whose_answer_nobody_awaits_gets_none(
    decide: DecideAccountCommands, log: MemoryLog
) -> None:
    await decide([record(open_account(), 0, reply_to=None)])

    assert log.of(CommandDecided) == []


async def test_a_refusal_is_in_the_log_and_in_the_reply(
    decide: DecideAccountCommands, log: MemoryLog
) -> None:
    await decide([*READY, record(delete_session("s9"), 2)])

    [refused] = log.of(CommandRefused)
    reply = log.of(CommandDecided)[-1].body
    assert isinstance(refused.body, CommandRefused)
    assert isinstance(reply, CommandDecided)
    assert refused.body.reason is reply.refusal is Refusal.NO_SUCH_SESSION
    assert log.of(DestroySession) == []


async def test_a_batch_that_ends_before_the_limit_and_one_that_passes_it_count_as_one(
    decide: DecideAccountCommands, log: MemoryLog
) -> None:
    await decide([*READY, *(record(send(f"m{offset}"), offset) for offset in range(2, 62))])
    await decide([record(send(f"m{offset}"), offset) for offset in range(62, 112)])

    assert len(log.of(MessageAccepted)) == len(log.of(DispatchMessage)) == 100
    assert [envelope.subject for envelope in log.of(MessageRejected)] == [
        f"m{offset}" for offset in range(102, 112)
    ]  # fmt: skip


async def test_accounts_in_one_batch_do_not_see_each_other(
    decide: DecideAccountCommands, log: MemoryLog, snapshots: MemorySnapshots
) -> None:
    theirs = send("m1").model_copy(update={"account_id": OTHER})

    await decide([*READY, record(theirs, 2)])

    assert [envelope.body.account_id for envelope in log.of(MessageRejected)] == [OTHER]
    assert snapshots.stored[ACCOUNT].decided_to == 1
    assert snapshots.stored[OTHER].decided_to == 2


async def test_a_batch_given_again_is_not_decided_again(
    decide: DecideAccountCommands, log: MemoryLog, snapshots: MemorySnapshots
) -> None:
    batch = [*READY, record(send("m1"), 2)]
    await decide(batch)
    written, stored = len(log.written), dict(snapshots.stored)

    await decide(batch)

    assert (len(log.written), snapshots.stored) == (written, stored)


async def test_a_record_that_stands_twice_in_a_batch_is_decided_once(
    decide: DecideAccountCommands, log: MemoryLog
) -> None:
    twice = record(send("m1"), 2)

    await decide([*READY, twice, twice])

    assert len(log.of(MessageAccepted)) == 1


async def test_only_what_is_new_in_a_batch_is_decided(
    decide: DecideAccountCommands, log: MemoryLog, snapshots: MemorySnapshots
) -> None:
    await decide([*READY, record(send("m1"), 2)])

    await decide([record(send("m1"), 2), record(send("m2"), 3)])

    assert [envelope.subject for envelope in log.of(MessageAccepted)] == ["m1", "m2"]
    assert snapshots.stored[ACCOUNT].account.sent == 2


@pytest.mark.parametrize("call", [0, 1])
async def test_a_broker_that_goes_away_stores_nothing_and_the_repeat_has_the_same_ids(
    snapshots: MemorySnapshots, call: int
) -> None:
    broken, whole = MemoryLog(breaks_at=call), MemoryLog()
    batch = [*READY, record(send("m1"), 2)]

    with pytest.raises(BrokerUnavailableError):
        await DecideAccountCommands(snapshots, MemoryAnswers(), broken)(batch)
    assert snapshots.stored == {}

    await DecideAccountCommands(snapshots, MemoryAnswers(), whole)(batch)
    assert {envelope.id for envelope in broken.written} <= {envelope.id for envelope in whole.written}
    assert snapshots.stored[ACCOUNT].account.sent == 1


async def test_a_crash_between_publishing_and_storing_repeats_the_same_records_and_counts_once(
    snapshots: MemorySnapshots,
) -> None:
    first, second = MemoryLog(), MemoryLog()
    batch = [*READY, record(send("m1"), 2)]
    snapshots.away = True

    with pytest.raises(DatabaseUnavailableError):
        await DecideAccountCommands(snapshots, MemoryAnswers(), first)(batch)
    await DecideAccountCommands(snapshots, MemoryAnswers(), second)(batch)

    assert second.written == first.written
    assert snapshots.stored[ACCOUNT].account.sent == 1
