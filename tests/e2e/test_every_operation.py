"""Every operation that the API's document names, tried with the wrong key: a new one is never forgotten."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from api.document import document
from griot_chassis.ids import new_id
from griot_contracts.accounts import Scope
from griot_local.stack import Stack
from tests.e2e.people import Account, a_number, opened_account
from tests.support import eventually

DOCUMENT = document()
PARAMETER = re.compile(r"{(\w+)}")


@dataclass(frozen=True)
class Operation:
    """One operation, as its document tells it."""

    method: str
    path: str
    told: dict[str, Any]

    @property
    def parameters(self) -> list[str]:
        return PARAMETER.findall(self.path)

    @property
    def body(self) -> Any:
        """The example of its body."""
        contents = self.told.get("requestBody", {}).get("content", {}).values()
        return next((content["example"] for content in contents), None)

    @property
    def names_a_session_in_its_body(self) -> bool:
        contents = self.told.get("requestBody", {}).get("content", {}).values()
        return any("sessionId" in _resolved(content["schema"])["properties"] for content in contents)

    @property
    def needs_a_scope(self) -> bool:
        refusals = self.told["responses"].get("403", {}).get("content", {}).values()
        return any("insufficient_scope" in content["examples"] for content in refusals)

    async def asked(self, url: str, key: str | None, ids: dict[str, str], body: Any = None) -> httpx.Response:
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        path = PARAMETER.sub(lambda found: ids[found[1]], self.path)
        async with httpx.AsyncClient(base_url=url, headers=headers, timeout=20, trust_env=False) as http:
            return await http.request(self.method, path, json=self.body if body is None else body)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    name = schema["$ref"].rpartition("/")[2]
    model: dict[str, Any] = DOCUMENT["components"]["schemas"][name]
    return model


def operations() -> Iterator[Operation]:
    """Those that need a key."""
    for path, methods in DOCUMENT["paths"].items():
        for method, told in methods.items():
            if told["security"]:
                yield Operation(method.upper(), path, told)


def nobodys_ids() -> dict[str, str]:
    return {name: new_id() for operation in operations() for name in operation.parameters}


async def test_another_tenants_ids_are_not_found_by_any_operation(stack: Stack) -> None:
    async with opened_account(stack.api_url) as ada, opened_account(stack.api_url) as bob:
        ids = await everything_of(ada)
        for operation in operations():
            if operation.parameters:
                answer = await operation.asked(stack.api_url, bob.key, ids)
                assert answer.status_code == 404, f"{operation}: {answer.text}"
            elif operation.names_a_session_in_its_body:
                body = operation.body | {"sessionId": ids["session_id"]}
                answer = await operation.asked(stack.api_url, bob.key, ids, body)
                assert answer.status_code == 404, f"{operation}: {answer.text}"
            elif operation.method == "GET":
                answer = await operation.asked(stack.api_url, bob.key, ids)
                assert answer.status_code == 200, f"{operation}: {answer.text}"
                assert not any(id_ in answer.text for id_ in ids.values()), f"{operation}: {answer.text}"
        found = await bob.api.get(f"/messages?sessionId={ids['session_id']}")
        assert found.body == {"data": [], "nextCursor": None}


async def test_no_operation_goes_without_a_key_or_with_one_that_has_ended(stack: Stack) -> None:
    async with opened_account(stack.api_url) as ada:
        keys = {"none": None, "expired": await expired_key(ada), "revoked": await revoked_key(ada)}
        for operation in operations():
            for name, key in keys.items():
                answer = await operation.asked(stack.api_url, key, nobodys_ids())
                code = "key_missing" if key is None else "key_invalid"
                told = (answer.status_code, answer.json()["code"])
                assert told == (401, code), f"{operation} with a key that is {name}"


async def test_an_operation_goes_with_one_scope_and_with_no_other(stack: Stack) -> None:
    async with opened_account(stack.api_url) as ada:
        keys = {scope: await key_with(ada, scopes=[scope]) for scope in Scope}
        for operation in operations():
            # A key can make none that may do more than itself: without `scopes` it makes one like itself.
            body = {name: value for name, value in (operation.body or {}).items() if name != "scopes"}
            answers = {
                scope: (await operation.asked(stack.api_url, key, nobodys_ids(), body)).status_code
                for scope, key in keys.items()
            }
            refused = [scope for scope, status in answers.items() if status == 403]
            if operation.needs_a_scope:
                assert len(refused) == len(Scope) - 1, f"{operation}: {answers}"
            else:
                assert (str(operation), refused) == ("GET /api/v1/account", [])


async def everything_of(account: Account) -> dict[str, str]:
    """One of each that an account can have, by the names of the parameters that take their ids."""
    session_id = await account.create_session()
    await account.api.post("/keys", {"name": "another"})
    keys = (await account.api.get("/keys")).body["data"]
    url = f"/sessions/{session_id}"
    await account.patch(url, {"whenDisconnected": "queue"})
    message_id = await account.send(a_number(), "hello", session_id=session_id)
    return {"session_id": session_id, "key_id": keys[0]["id"], "message_id": message_id}


async def key_with(account: Account, **wanted: Any) -> str:
    return str((await account.api.post("/keys", json.loads(json.dumps(wanted)))).body["key"])


async def expired_key(account: Account) -> str:
    soon = datetime.now(UTC) + timedelta(seconds=1)
    key = await key_with(account, expiresAt=soon.isoformat())
    await eventually(lambda: datetime.now(UTC) > soon, what="the key has expired")
    return key


async def revoked_key(account: Account) -> str:
    issued = (await account.api.post("/keys", {})).body
    assert (await account.delete(f"/keys/{issued['id']}")) == 204
    return str(issued["key"])
