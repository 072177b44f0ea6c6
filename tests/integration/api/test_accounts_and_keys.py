from datetime import datetime

import pytest

from griot_chassis import clock, ids
from tests.integration.api.conftest import PASSWORD, Customer, Griot
from tests.support import SOON, eventually


async def test_an_account_starts_on_free_with_a_key_that_works_at_once(ada: Customer) -> None:
    account = (await ada.http.get("/account")).json()

    assert (account["id"], account["plan"]) == (ada.account_id, "free")
    assert (account["sessionLimit"], account["dailyMessageLimit"], account["sentToday"]) == (10, 100, 0)
    assert "key" not in account


async def test_an_address_is_one_account_however_it_is_written(griot: Griot) -> None:
    email = f"{ids.new_id()}@example.com"
    async with griot.client() as stranger:
        first = await stranger.post("/accounts", json={"email": email, "password": PASSWORD})
        second = await stranger.post("/accounts", json={"email": email.upper(), "password": PASSWORD})

    assert (first.status_code, second.status_code) == (201, 409)
    assert second.json()["code"] == "email_taken"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"email": "ama@example.com"},
        {"email": "ama", "password": PASSWORD},
        {"email": "ama@example.com", "password": "short"},
        {"email": "ama@example.com", "password": PASSWORD, "plan": "pro"},
    ],
)
async def test_a_sign_up_that_is_not_one_is_refused(griot: Griot, body: dict[str, str]) -> None:
    async with griot.client() as stranger:
        assert (await stranger.post("/accounts", json=body)).status_code == 422


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (None, "key_missing"),
        ("Basic eDp5", "key_missing"),
        ("Bearer", "key_missing"),
        ("Bearer nonsense", "key_invalid"),
        ("Bearer " + ids.new_secret(), "key_invalid"),
    ],
)
async def test_without_a_key_nothing_is_answered(griot: Griot, header: str | None, code: str) -> None:
    async with griot.client() as stranger:
        headers = {} if header is None else {"Authorization": header}
        for answer in (
            await stranger.get("/sessions", headers=headers),
            await stranger.post("/messages", content=b"{", headers=headers),
        ):
            assert (answer.status_code, answer.json()["code"]) == (401, code)
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")


async def test_a_key_made_works_at_once_and_a_revoked_one_no_more(griot: Griot, ada: Customer) -> None:
    made = (await ada.http.post("/keys", json={"name": "shop"})).json()
    async with griot.client(made["key"]) as shop:
        assert (await shop.get("/account")).status_code == 200
        assert made["id"] in [key["id"] for key in (await ada.http.get("/keys")).json()["data"]]

        assert (await ada.http.delete(f"/keys/{made['id']}")).status_code == 204

        assert (await shop.get("/account")).json()["code"] == "key_invalid"
        assert made["id"] not in [key["id"] for key in (await ada.http.get("/keys")).json()["data"]]
        assert (await ada.http.delete(f"/keys/{made['id']}")).status_code == 404


async def test_the_key_itself_is_told_once(ada: Customer) -> None:
    assert ada.key not in (await ada.http.get("/keys")).text


async def test_a_key_may_do_what_its_scopes_say_and_make_none_that_may_more(
    griot: Griot, ada: Customer
) -> None:
    scopes = ["messages:read", "keys:manage"]
    narrow = (await ada.http.post("/keys", json={"scopes": scopes})).json()["key"]
    async with griot.client(narrow) as reader:
        assert (await reader.get("/messages")).status_code == 200
        assert (await reader.get("/sessions")).json()["code"] == "insufficient_scope"
        wider = await reader.post("/keys", json={"scopes": ["messages:send"]})
        assert (wider.status_code, wider.json()["code"]) == (403, "insufficient_scope")
        assert (await reader.post("/keys", json={})).json()["scopes"] == scopes


@pytest.mark.parametrize(
    "at", ["2020-01-01T00:00:00Z", "2999-01-01T00:00:00", "yesterday", "9999-12-31T23:59:59-14:00"]
)
async def test_a_key_cannot_end_in_the_past_or_at_no_time(ada: Customer, at: str) -> None:
    answer = await ada.http.post("/keys", json={"expiresAt": at})

    assert (answer.status_code, answer.json()["field"]) == (422, "expiresAt")


async def test_a_keys_last_use_is_shown_and_outlives_the_instance(griot: Griot, ada: Customer) -> None:
    made = (await ada.http.post("/keys", json={"name": "shop"})).json()
    assert made["lastUsedAt"] is None
    before = clock.now()
    async with griot.client(made["key"]) as shop:
        await shop.get("/account")

    used_at = await last_use(ada, made["id"])

    assert used_at is not None
    assert abs(datetime.fromisoformat(used_at) - before) < SOON
    query = {"account_id": ada.account_id, "_id": made["id"]}
    documents = await griot.live()
    stored = await eventually(lambda: documents["key_uses"].find_one(query), what="the last use is projected")
    assert stored["at"].isoformat(timespec="milliseconds") == datetime.fromisoformat(used_at).isoformat(
        timespec="milliseconds"
    )


async def last_use(customer: Customer, key_id: str) -> str | None:
    keys = {key["id"]: key for key in (await customer.http.get("/keys")).json()["data"]}
    found = keys[key_id]["lastUsedAt"]
    return None if found is None else str(found)


async def test_another_accounts_key_is_not_found(ada: Customer, bob: Customer) -> None:
    key = (await bob.http.get("/keys")).json()["data"][0]["id"]

    assert (await ada.http.delete(f"/keys/{key}")).json()["code"] == "key_not_found"
