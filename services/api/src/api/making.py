"""Making something once, however often it is asked: what an Idempotency-Key makes of a request.

Every POST that makes something takes `MakingOf`: from it come the ids of what is made, and what its command
says of the key. The ids follow from the key, and the quota service answers a repeat as it answered first.
"""

import json
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Header, Request

from api.parts import Parts, PartsOf
from api.problems import Problem
from griot_chassis.ids import new_id, new_secret
from griot_contracts import ids
from griot_contracts.accounts import CommandDecided, RecallDecision, Refusal
from griot_contracts.base import Once

MAKING: Final = ("idempotency_key_reused",)
"""What can go wrong wherever something is made, for the documentation."""

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[ -~]+$",
        description="Any text of your own, new for each thing to make. The same request again with the same "
        "key makes nothing more and is answered as the first was, for at least 24 hours.",
    ),
]


@dataclass(frozen=True, slots=True)
class Making:
    """A request that makes something.

    Attributes:
        parts: what the routes work with.
        idempotency_key: the client's, if it gave one.
        request: what is asked: method, path and body, in one form however it was written.
    """

    parts: Parts
    idempotency_key: str | None
    request: tuple[str, str, str]

    def once(self, account_id: str, *also: str) -> Once | None:
        """What the command says of the Idempotency-Key; None without one.

        Args:
            account_id: whose key it is.
            also: what else the answer depends on, beside the request.
        """
        if self.idempotency_key is None:
            return None
        once_id = ids.once_id_for(account_id, self.idempotency_key)
        return Once(id=once_id, fingerprint=self.parts.seal.fingerprint(*self.request, *also))

    def message_id(self, account_id: str) -> str:
        """The id of the message that is made."""
        given = self.idempotency_key
        return new_id() if given is None else ids.message_id_for(account_id, given)

    def session_id(self, account_id: str) -> str:
        """The id of the session that is made."""
        given = self.idempotency_key
        return new_id() if given is None else ids.session_id_for(account_id, given)

    def key_id(self, account_id: str) -> str:
        """The id of the API key that is made."""
        given = self.idempotency_key
        return new_id() if given is None else ids.key_id_for(account_id, given)

    def key(self, once: Once | None) -> str:
        """The API key that is made, in clear. Only its hash is stored, so a repeat makes it again."""
        secret = new_secret() if once is None else self.parts.seal.key_secret(once.id, once.fingerprint)
        return ids.format_key(secret)

    async def recalled(self, problem: Problem, account_id: str, once: Once | None) -> CommandDecided:
        """The first answer, for a request that would be refused now.

        Raises:
            Problem: this one where nothing was granted before; or `idempotency_key_reused`, or
                `not_decided_yet`.
        """
        if once is None:
            raise problem
        question = RecallDecision(account_id=account_id, at=self.parts.now(), once=once)
        answer = await self.parts.ask(question, id=new_id(), within=self.parts.settings.decision_within)
        if answer is None:
            raise Problem("not_decided_yet") from problem
        if answer.refusal is Refusal.NOTHING_DECIDED:
            raise problem
        if answer.refusal is not None:
            raise Problem.of_refusal(answer.refusal) from problem
        return answer


async def _making(request: Request, parts: PartsOf, idempotency_key: IdempotencyKey = None) -> Making:
    body = "" if idempotency_key is None else _in_one_form(await request.body())
    return Making(parts, idempotency_key, (request.method, request.url.path, body))


def _in_one_form(body: bytes) -> str:
    try:
        return json.dumps(json.loads(body), sort_keys=True, separators=(",", ":"))
    except (ValueError, RecursionError):
        return ""  # it is not JSON, and the route refuses it


MakingOf = Annotated[Making, Depends(_making)]
