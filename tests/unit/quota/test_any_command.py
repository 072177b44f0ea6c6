"""Nothing that can be read makes deciding fail: what always failed would stop its partition for everybody."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final, get_args

from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from griot_contracts.accounts import DAILY_MESSAGE_LIMITS, Plan, RecallDecision, Scope
from griot_contracts.base import Once, Time
from griot_contracts.messages import AudioContent, MediaContent, TextContent
from griot_contracts.sessions import DesiredState, Pacing, WhenDisconnected, WhenUnknown
from quota.domain import Account, AccountCommand, Answer, Asked, consequences, once_of, settle
from quota.domain.rebuilding import Retelling, Written, question_of
from tests.unit.quota.samples import HISTORY, NOON, account_after, sent_today

A_TIME: Final[TypeAdapter[datetime]] = TypeAdapter(Time)


def is_a_time(drawn: datetime) -> bool:
    try:
        A_TIME.validate_python(drawn)
    except ValidationError:
        return False
    return True


# Few names, so that they meet, among all that no name should be; the calendar to its edges, in every zone.
names = st.sampled_from(["s1", "k1", "shop"]) | st.text(st.characters(exclude_categories=["Cs"]), max_size=3)
zones = st.integers(-14, 14).map(lambda hours: timezone(timedelta(hours=hours)))
edges = st.sampled_from([datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC), NOON])
times = edges | st.datetimes(timezones=zones).filter(is_a_time)
texts = st.builds(TextContent, text=names)
media = st.builds(MediaContent, type=st.sampled_from(["image", "video"]), url=names, caption=names)

VALUES: Final[dict[str, st.SearchStrategy[Any]]] = {
    "at": times,
    "expires_at": times,
    "send_at": times,
    "plan": st.sampled_from(Plan),
    "scopes": st.lists(st.sampled_from(Scope)).map(tuple),
    "once": st.builds(Once, id=names, fingerprint=names),
    "content": texts | media | st.builds(AudioContent, url=names, ptt=st.booleans()),
    "is_default": st.booleans(),
    "desired_state": st.sampled_from(DesiredState),
    "when_disconnected": st.sampled_from(WhenDisconnected),
    "when_unknown": st.sampled_from(WhenUnknown),
    "pacing": st.builds(Pacing, messages_per_minute=st.integers(), daily_cap=st.integers()),
}


def of_kind(kind: type[Asked]) -> st.SearchStrategy[Asked]:
    """Commands of a kind, as they come out of the log."""
    given_ = {name: VALUES.get(name, names) for name in kind.model_fields}
    may_lack = {name for name, field in kind.model_fields.items() if not field.is_required()}
    return st.fixed_dictionaries(
        {name: values for name, values in given_.items() if name not in may_lack},
        optional={name: given_[name] for name in may_lack},
    ).map(lambda drawn: kind.model_validate_json(kind(**drawn).model_dump_json()))


commands = st.one_of(*(of_kind(kind) for kind in (*get_args(AccountCommand), RecallDecision)))
nearly_full = sent_today(DAILY_MESSAGE_LIMITS[Plan.FREE] - 1, account_after(*HISTORY))
accounts = st.sampled_from([Account(), account_after(*HISTORY), nearly_full])


@given(accounts, st.lists(commands, max_size=20))
def test_every_command_that_can_be_read_is_decided_answered_and_told_again(
    account: Account, history: list[Asked]
) -> None:
    answers: dict[str, Answer] = {}
    log: list[Written] = []
    for offset, command in enumerate(history):
        once = once_of(command)
        settled = settle(account, command, offset, None if once is None else answers.get(once.id))
        account = settled.account
        if once is not None and settled.granted is not None:
            answers[once.id] = settled.granted
        for event in settled.events:
            consequences(event)
            log.append(Written(f"r{len(log)}", f"c{offset}", event.account_id, NOON, event))
    asked = {f"c{n}": question for n, one in enumerate(history) if (question := question_of(one, n))}

    retelling = Retelling(set(), asked)
    for one in log:
        retelling.take(one)
    retelling.remembered()
