"""Ids and keys. The values here are in logs and in databases: they can never change."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from griot_contracts import ids

SECRET = "aB3x" + "0" * 28
KEY = "grt_live_aB3x00000000000000000000000000005efde44b"
secrets = st.text("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=32, max_size=32)


def test_derived_ids_are_what_they_always_were() -> None:
    assert ids.derive("cause", "MessageAccepted") == "0c669773-17bb-53e0-9975-df5b9bb4ba70"
    assert ids.derive("a", "b", "c") == "22e0f652-74d5-598f-8420-715c682d8daa"
    assert ids.account_id_for("ama@example.com") == "4b6677e1-f863-5dfe-9315-a3148455742b"
    account = "9b1deb4d-3b7d-5bad-9bdd-2b0d7b3dcb6d"
    assert ids.message_id_for(account, "order-17") == "1e09dc49-0fd1-5b6f-aa6a-fe0644a77c7a"


def test_another_cause_or_another_name_gives_another_id() -> None:
    assert len({ids.derive("a", "b"), ids.derive("b", "a"), ids.derive("a"), ids.derive("a", "b", "c")}) == 4


@pytest.mark.parametrize("email", ["ama@example.com", " Ama@Example.COM ", "AMA@example.com\n"])
def test_an_address_is_one_account_however_it_is_written(email: str) -> None:
    assert ids.account_id_for(email) == ids.account_id_for("ama@example.com")


def test_an_idempotency_key_is_its_accounts_own() -> None:
    assert ids.message_id_for("a", "1") != ids.message_id_for("b", "1")


def test_a_key_is_what_it_always_was() -> None:
    assert ids.format_key(SECRET) == KEY
    assert ids.hash_key(KEY) == "a1cd370002a9ceb085398f9cac0b6dc878f917025ecfffcb36e2f0d3f092e56c"
    assert ids.key_hint(KEY) == "grt_live_aB3x"


@given(secrets)
def test_every_key_made_is_known_as_one(secret: str) -> None:
    assert ids.is_key(ids.format_key(secret))


@given(secrets, st.data())
def test_a_key_with_one_letter_wrong_is_none(secret: str, data: st.DataObject) -> None:
    key = ids.format_key(secret)
    place = data.draw(st.integers(0, len(key) - 1))
    other = data.draw(st.sampled_from("0aZ_-é").filter(lambda letter: letter != key[place]))

    assert not ids.is_key(key[:place] + other + key[place + 1 :])


@pytest.mark.parametrize("text", ["", "grt_live_", KEY[:-1], KEY + "0", f" {KEY}", f"{KEY}\n", KEY.upper()])
def test_what_has_not_the_form_of_a_key_is_none(text: str) -> None:
    assert not ids.is_key(text)


@pytest.mark.parametrize("secret", ["", "short", SECRET + "0", "-" * 32, "é" * 32])
def test_no_key_is_made_of_a_secret_that_is_not_32_letters_and_digits(secret: str) -> None:
    with pytest.raises(ValueError, match="32 letters and digits"):
        ids.format_key(secret)


@pytest.mark.parametrize("partition", [0, 7, 31])
def test_a_reply_address_names_its_partition(partition: int) -> None:
    assert ids.reply_partition(ids.reply_address(partition)) == partition
    assert ids.reply_address(7) == "replies.v1/7"


@pytest.mark.parametrize(
    "address", ["", "replies.v1", "replies.v1/", "replies.v1/x", "other/7", "replies.v1/-1"]
)
def test_what_is_no_reply_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="not a reply address"):
        ids.reply_partition(address)
