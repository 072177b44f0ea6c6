"""`griot accounts` on a running Griot."""

import json

import pytest

from griot_contracts.sessions import SessionStatus
from tests.integration.api.conftest import Customer, Griot, sign_up
from tests.integration.operator.conftest import OperatorFailedError, Run
from tests.support import eventually


async def test_a_suspended_account_is_refused_and_goes_on_when_it_is_resumed(
    griot: Griot, operator: Run
) -> None:
    customer = await sign_up(griot)
    await customer.connected_session()
    assert (await customer.send()).status_code == 202

    await operator("accounts", "suspend", customer.account_id, "--reason", "unpaid")
    await eventually(lambda: refusal(customer), equals="account_suspended", what="it is refused")
    answer = await customer.http.get("/sessions")
    assert (answer.status_code, answer.headers["content-type"]) == (403, "application/problem+json")
    assert (await standing(operator, customer))["state"] == "suspended"

    await operator("accounts", "resume", customer.account_id)
    await eventually(lambda: refusal(customer), equals=None, what="it goes on")
    (session,) = (await customer.http.get("/sessions")).json()["data"]
    await customer.stands(session["id"], SessionStatus.CONNECTED)
    assert (await customer.send()).status_code == 202
    await customer.http.aclose()


async def test_the_plan_is_the_operators_to_change(griot: Griot, operator: Run) -> None:
    customer = await sign_up(griot)

    await operator("accounts", "plan", customer.account_id, "pro")

    await eventually(customer.plan, equals="pro", what="the account is on pro")
    assert (await standing(operator, customer))["plan"] == "pro"
    await customer.http.aclose()


@pytest.mark.usefixtures("griot")
async def test_an_account_that_is_not_there_is_told_so(operator: Run) -> None:
    with pytest.raises(OperatorFailedError, match="no_such_account"):
        await operator("accounts", "suspend", "nobody@example.com")


async def refusal(customer: Customer) -> str | None:
    answer = await customer.http.get("/account")
    return None if answer.status_code == 200 else str(answer.json()["code"])


async def standing(operator: Run, customer: Customer) -> dict[str, str]:
    listed = [json.loads(line) for line in (await operator("accounts", "list", "--json")).splitlines()]
    return next(one for one in listed if one["account"] == customer.account_id)
