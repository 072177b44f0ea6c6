"""`griot sessions`: where each one lives, and how it stands."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Annotated, Final

import typer

from griot_chassis.group_members import owners_in
from griot_chassis.records import Partition, Record
from griot_contracts.sessions import SessionCreated, SessionDeleted, SessionStatusChanged, SessionUpdated
from griot_contracts.topics import SESSION_COMMANDS, SESSION_EVENTS
from griot_operator.connection import connected
from griot_operator.screen import Json, moment, show
from griot_operator.settings import OperatorSettings

cli = typer.Typer(help="Sessions: where each one lives.", no_args_is_help=True)

_GROUP: Final = "session-manager"


@dataclass(frozen=True)
class Standing:
    """A session as its events tell it. The worker that owns its partition owns it."""

    session_id: str
    account_id: str
    session_key: str
    partition: int
    last: SessionStatusChanged | None = None
    deleted: bool = False
    sequence: int | None = None

    def after(self, event: object) -> "Standing":
        """The session after one of its events."""
        match event:
            case SessionUpdated(session_key=str(key)):
                late, sequence = event.is_overtaken(self.sequence), event.latest(self.sequence)
                return self if late else replace(self, session_key=key, sequence=sequence)
            case SessionStatusChanged(epoch=epoch):
                late = self.last is not None and epoch < self.last.epoch
                return self if late else replace(self, last=event)
            case SessionDeleted():
                return replace(self, deleted=True)
            case _:
                return self


def standings(records: Iterable[Record]) -> list[Standing]:
    """Every session that was not deleted."""
    found: dict[str, Standing] = {}
    for record in records:
        event = record.body
        if isinstance(event, SessionCreated):
            begun = Standing(event.session_id, event.account_id, event.session_key, record.partition)
            found.setdefault(event.session_id, begun)
        elif (id_ := getattr(event, "session_id", "")) in found:
            found[id_] = found[id_].after(event)
    return [session for session in found.values() if not session.deleted]


@cli.command("list")
def list_(
    *, account: Annotated[str | None, typer.Option(help="Only this account's.")] = None, as_json: Json = False
) -> None:
    """Every session: its worker, its epoch, its status and why."""
    sessions, owners = asyncio.run(_found())
    rows = (
        (one.session_id, one.account_id, one.session_key, *_status(one),
         owners.get(Partition(SESSION_COMMANDS.name, one.partition)))
        for one in sessions
        if account in (None, one.account_id)
    )  # fmt: skip
    columns = ("session", "account", "session_key", "status", "reason", "since", "epoch", "worker")
    show(columns, rows, as_json=as_json)


def _status(session: Standing) -> tuple[str, str | None, str | None, int]:
    last = session.last
    if last is None:
        return "starting", None, None, 0
    return last.status.value, last.reason, moment(last.at), last.epoch


async def _found() -> tuple[list[Standing], dict[Partition, str]]:
    settings = OperatorSettings()
    async with connected(settings) as connection:
        sessions = standings(await connection.read(SESSION_EVENTS))
    return sessions, await owners_in(settings.kafka_bootstrap, _GROUP)
