import pytest

from api.numbers import ImpossibleNumberError, shown, whatsapp_id


@pytest.mark.parametrize(
    "to",
    [
        "+237612345678",
        "237612345678",
        " +237 6 12 34 56 78 ",
        "+237-612-345-678",
        "237612345678@s.whatsapp.net",
        "237612345678@c.us",
        "237612345678@S.WhatsApp.net",
    ],
)
def test_every_way_to_write_a_number_means_the_same_person(to: str) -> None:
    assert whatsapp_id(to) == "237612345678@s.whatsapp.net"


@pytest.mark.parametrize(
    "to", ["123456789012345@lid", "120363021234567890@g.us", "237612345678-1600000000@g.us"]
)
def test_a_whatsapp_id_that_is_no_number_stays_as_it_is(to: str) -> None:
    assert whatsapp_id(to) == to
    assert shown(to) == to


@pytest.mark.parametrize(
    "to",
    [
        "", "+", "hello", "12", "+2376123", "+237612345678901234", "00237612345678", "+999123456789",
        "+237612345678x",
        "-237612345678", "٢٣٧٦١٢٣٤٥٦٧٨", "x@s.whatsapp.net", "12@c.us", "237612345678@example.com", "@lid",
        "237612345678:3@s.whatsapp.net", "237612345678@s.whatsapp.net@lid",
    ],
)  # fmt: skip
def test_what_no_phone_could_be_is_refused(to: str) -> None:
    with pytest.raises(ImpossibleNumberError):
        whatsapp_id(to)


def test_a_trunk_prefix_after_the_country_code_is_taken_away() -> None:
    assert whatsapp_id("+44 0 7911 123456") == "447911123456@s.whatsapp.net"


def test_a_number_is_shown_as_e164() -> None:
    assert shown("237612345678@s.whatsapp.net") == "+237612345678"
