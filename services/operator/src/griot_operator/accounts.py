"""`griot accounts`: who there is, and what the operator alone may change of them."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Annotated

import typer

from griot_chassis import clock
from griot_chassis.records import Record
from griot_contracts import ids
from griot_contracts.accounts import (
    AccountOpened,
    AccountResumed,
    AccountSuspended,
    ChangePlan,
    KeyIssued,
    KeyRevoked,
    Plan,
    PlanChanged,
    ResumeAccount,
    SuspendAccount,
)
from griot_contracts.base import Command, Sequenced
from griot_contracts.topics import ACCOUNT_EVENTS
from griot_operator.connection import NotDecidedError, connected
from griot_operator.screen import Json, fail, moment, say, show
from griot_operator.settings import OperatorSettings

cli = typer.Typer(help="Accounts: list them, change their plan, stop them.", no_args_is_help=True)

Who = Annotated[str, typer.Argument(help="The account's id or its e-mail address.")]


@dataclass(frozen=True)
class Standing:
    """An account as its events tell it."""

    account_id: str
    email: str
    plan: Plan
    opened_at: datetime
    suspended: bool = False
    keys: frozenset[str] = field(default_factory=frozenset)
    sequence: int | None = None

    def after(self, event: object) -> "Standing":
        """The account after one of its events."""
        match event:
            case Sequenced() if event.is_overtaken(self.sequence):
                return self
            case PlanChanged(plan=plan):
                return replace(self, plan=plan, sequence=event.latest(self.sequence))
            case AccountSuspended() | AccountResumed():
                suspended = isinstance(event, AccountSuspended)
                return replace(self, suspended=suspended, sequence=event.latest(self.sequence))
            case KeyIssued(key_id=id_):
                return replace(self, keys=self.keys | {id_})
            case KeyRevoked(key_id=id_):
                return replace(self, keys=self.keys - {id_})
            case _:
                return self


def standings(records: Iterable[Record]) -> dict[str, Standing]:
    """Every account, by its id."""
    found: dict[str, Standing] = {}
    for record in records:
        event, id_ = record.body, record.body.account_id
        if isinstance(event, AccountOpened) and id_ not in found:
            found[id_] = Standing(id_, event.email, event.plan, event.at)
        elif id_ in found:
            found[id_] = found[id_].after(event)
    return found


def account_id_of(who: str) -> str:
    """The id that is meant by an id or an address."""
    return ids.account_id_for(who) if "@" in who else who


@cli.command("list")
def list_(*, as_json: Json = False) -> None:
    """Every account: plan, keys, whether it is suspended."""
    accounts = asyncio.run(_standings())
    rows = (
        (one.account_id, one.email, one.plan.value, "suspended" if one.suspended else "active",
         len(one.keys), moment(one.opened_at))
        for one in sorted(accounts.values(), key=lambda one: one.opened_at)
    )  # fmt: skip
    show(("account", "email", "plan", "state", "keys", "opened"), rows, as_json=as_json)


@cli.command()
def plan(who: Who, plan: Plan) -> None:
    """Put an account on another plan. Its limits hold from the next message on."""
    account_id = account_id_of(who)
    _do(ChangePlan(account_id=account_id, at=clock.now(), plan=plan), f"{account_id} is on {plan.value}.")


@cli.command()
def suspend(
    who: Who, reason: Annotated[str | None, typer.Option(help="Kept in the log, told to nobody.")] = None
) -> None:
    """Stop an account: its keys are refused within a second, its sessions disconnected."""
    account_id = account_id_of(who)
    command = SuspendAccount(account_id=account_id, at=clock.now(), reason=reason)
    _do(command, f"{account_id} is suspended. What waits in its queues waits.")


@cli.command()
def resume(who: Who) -> None:
    """Let a suspended account go on, where it stopped."""
    account_id = account_id_of(who)
    _do(ResumeAccount(account_id=account_id, at=clock.now()), f"{account_id} goes on.")


def _do(command: Command, done: str) -> None:
    try:
        refusal = asyncio.run(_ask(command))
    except NotDecidedError as error:
        raise fail(
            f"Not decided within half a minute: is quota running? The command ({error}) stands in the log, "
            "and is carried out when it does."
        ) from None
    if refusal is not None:
        raise fail(f"Refused: {refusal}.")
    say(done)


async def _ask(command: Command) -> str | None:
    async with connected(OperatorSettings()) as connection:
        decision = await connection.ask(command)
    return None if decision.refusal is None else decision.refusal.value


async def _standings() -> dict[str, Standing]:
    async with connected(OperatorSettings()) as connection:
        return standings(await connection.read(ACCOUNT_EVENTS))
