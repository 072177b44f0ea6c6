"""Any order of commands, against a model that is too simple to be wrong."""

from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from functools import reduce

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from griot_contracts.accounts import DAILY_MESSAGE_LIMITS, SESSION_LIMITS, CommandRefused, Plan
from griot_contracts.messages import MessageAccepted, MessageRejected
from quota.domain import Account, AccountCommand, AccountEvent, decide, evolve, verdict
from tests.unit.quota.samples import (
    MIDNIGHT,
    change_plan,
    create_session,
    delete_session,
    issue_key,
    open_account,
    revoke_key,
    send,
    sent_today,
)

SETTINGS = settings(max_examples=60, stateful_step_count=50)
close_to_a_limit = st.sampled_from([0, 95, 99, 9_995])


class AnyOrder(RuleBasedStateMachine):
    """What an account is told, and what it must have answered, counted on fingers."""

    live_keys: Bundle[str] = Bundle("live_keys")
    dead_keys: Bundle[str] = Bundle("dead_keys")
    sessions: Bundle[str] = Bundle("sessions")

    def __init__(self) -> None:
        super().__init__()
        self.now: datetime = MIDNIGHT - timedelta(hours=12)
        self.plan = Plan.FREE
        self.held: set[str] = set()
        self.sent: Counter[date] = Counter()
        self.account = Account()
        self.names = 0

    @initialize(target=live_keys, sent=close_to_a_limit)
    def an_account_that_has_sent_some(self, sent: int) -> str:
        self.tell(open_account("k0"))
        self.account = sent_today(sent, self.account)
        self.sent[self.now.date()] = sent
        return "k0"

    @rule(minutes=st.integers(1, 180))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(plan=st.sampled_from(Plan))
    def the_plan_is_changed(self, plan: Plan) -> None:
        self.tell(change_plan(plan, at=self.now))
        self.plan = plan

    @rule(target=live_keys)
    def a_key_is_issued(self) -> str:
        key_id = self.name("k")
        self.tell(issue_key(key_id, at=self.now))
        return key_id

    @rule(target=dead_keys, key_id=consumes(live_keys))
    def a_key_is_revoked(self, key_id: str) -> str:
        self.tell(revoke_key(key_id, at=self.now))
        return key_id

    @rule(target=sessions)
    def a_session_is_made(self) -> str:
        session_id, limit = self.name("s"), SESSION_LIMITS[self.plan]
        events = self.tell(create_session(session_id, at=self.now))

        full = limit is not None and len(self.held) >= limit
        assert any(isinstance(event, CommandRefused) for event in events) is full
        if not full:
            self.held.add(session_id)
        return session_id

    @rule(session_id=consumes(sessions))
    def a_session_is_deleted(self, session_id: str) -> None:
        self.tell(delete_session(session_id, at=self.now))
        self.held.discard(session_id)

    @rule(session_id=sessions, key_id=live_keys, count=st.integers(1, 8))
    def messages_are_sent(self, session_id: str, key_id: str, count: int) -> None:
        for _ in range(count):
            allowed = session_id in self.held and self.sent[self.now.date()] < DAILY_MESSAGE_LIMITS[self.plan]
            [event] = self.tell(send(self.name("m"), at=self.now, session_id=session_id, key_id=key_id))

            assert isinstance(event, MessageAccepted if allowed else MessageRejected), event
            self.sent[self.now.date()] += allowed

    @rule(session_id=sessions, key_id=dead_keys)
    def a_revoked_key_sends(self, session_id: str, key_id: str) -> None:
        [event] = self.tell(send(self.name("m"), at=self.now, session_id=session_id, key_id=key_id))

        assert isinstance(event, MessageRejected)
        assert event.reason == "no_such_key"

    @invariant()
    def the_account_counts_as_we_do(self) -> None:
        today = self.account.day_of(self.now)
        assert self.account.sent_on(today) == self.sent[today]
        assert set(self.account.sessions) == self.held

    def tell(self, command: AccountCommand) -> list[AccountEvent]:
        events = decide(self.account, command)
        after = reduce(evolve, events, self.account)
        reply = verdict(command, events, after)
        if isinstance(events[0] if events else None, MessageAccepted) and reply.limit is not None:
            assert reply.remaining == reply.limit - self.sent[self.now.date()] - 1
        self.account = after
        return events

    def name(self, kind: str) -> str:
        self.names += 1
        return f"{kind}{self.names}"


class ClocksThatDiffer(RuleBasedStateMachine):
    """Instances whose clocks differ ask around midnight, in an order that is not time's."""

    def __init__(self) -> None:
        super().__init__()
        opened = reduce(evolve, decide(Account(), open_account()), Account())
        self.account = reduce(evolve, decide(opened, create_session("s1")), opened)
        self.accepted: defaultdict[date, int] = defaultdict(int)

    @rule(minutes=st.integers(-90, 90), count=st.sampled_from([1, 3, 60]))
    def messages_are_sent(self, minutes: int, count: int) -> None:
        for number in range(count):
            [event] = decide(self.account, send(f"m{number}", at=MIDNIGHT + timedelta(minutes=minutes)))
            self.account = evolve(self.account, event)
            if isinstance(event, MessageAccepted):
                assert event.day is not None
                self.accepted[event.day] += 1

    @invariant()
    def no_day_passes_its_limit(self) -> None:
        assert all(count <= DAILY_MESSAGE_LIMITS[Plan.FREE] for count in self.accepted.values())


TestAnyOrderOfCommands = AnyOrder.TestCase
TestAnyOrderOfCommands.settings = SETTINGS
TestClocksThatDiffer = ClocksThatDiffer.TestCase
TestClocksThatDiffer.settings = SETTINGS
