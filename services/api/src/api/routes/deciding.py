"""Asking for a decision and telling a refusal, as every route that changes something does."""

from api.allowances import rate_limit_headers
from api.parts import Parts
from api.problems import Problem
from griot_contracts.accounts import CommandDecided
from griot_contracts.base import Command

_SESSION_SLOT_RETRY_S = "60"


async def decided(parts: Parts, command: Command, *, id: str) -> CommandDecided:  # noqa: A002
    """The decision on a command, which was granted.

    Raises:
        Problem: it was refused, or there was no decision in time.
        BrokerUnavailableError: the log did not take it.
    """
    decision = await parts.ask(command, id=id, within=parts.settings.decision_within)
    if decision is None:
        raise Problem("not_decided_yet")
    if decision.refusal is not None:
        problem = Problem.of_refusal(decision.refusal, rate_limit_headers(decision, parts.now()))
        if problem.kind.status == 429:  # noqa: PLR2004
            problem.headers.setdefault("Retry-After", _SESSION_SLOT_RETRY_S)
        raise problem
    return decision
