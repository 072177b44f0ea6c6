"""Whom a message goes to: numbers as people write them, WhatsApp ids as WhatsApp does."""

import re
from typing import Final

import phonenumbers

_NUMBER: Final = re.compile(r"\+?[0-9](?:[ \u00a0-]*[0-9])*")
_SEPARATORS: Final = re.compile(r"[ \u00a0-]")
_PERSON: Final = "s.whatsapp.net"
_SERVERS: Final = {
    _PERSON: re.compile(r"[0-9]{5,20}"),
    "c.us": re.compile(r"[0-9]{5,20}"),
    "lid": re.compile(r"[0-9]{5,25}"),
    "g.us": re.compile(r"[0-9]{5,25}(-[0-9]{5,15})?"),
}


class ImpossibleNumberError(ValueError):
    """No phone and no WhatsApp id could be this."""


def whatsapp_id(to: str) -> str:
    """The WhatsApp id that `to` means: `237612345678@s.whatsapp.net` for `+237 6 12 34 56 78`.

    Whether anybody has that number is WhatsApp's to say, later.

    Raises:
        ImpossibleNumberError: it is neither a possible number nor the form of a WhatsApp id.
    """
    text = to.strip()
    if "@" in text:
        return _from_id(text)
    if _NUMBER.fullmatch(text) is None:
        raise ImpossibleNumberError(
            "give a number with its country code, such as +237612345678, or a WhatsApp id"
        )
    return f"{_digits(_SEPARATORS.sub('', text).removeprefix('+'))}@{_PERSON}"


def shown(whatsapp_id: str) -> str:
    """How an answer names a recipient: E.164 where it is a number, else the WhatsApp id."""
    user, _, server = whatsapp_id.partition("@")
    return f"+{user}" if server == _PERSON else whatsapp_id


def _from_id(text: str) -> str:
    user, _, server = text.rpartition("@")
    server = server.lower()
    if server not in _SERVERS or _SERVERS[server].fullmatch(user) is None:
        raise ImpossibleNumberError("this is not the form of a WhatsApp id")
    if server in (_PERSON, "c.us"):
        return f"{_digits(user)}@{_PERSON}"
    return f"{user}@{server}"


def _digits(number: str) -> str:
    """The digits of E.164, without the trunk prefix that some write after the country code."""
    try:
        parsed = phonenumbers.parse(f"+{number}")
    except phonenumbers.NumberParseException as error:
        raise ImpossibleNumberError("no country's numbers begin like this") from error
    if not phonenumbers.is_possible_number(parsed):
        raise ImpossibleNumberError("no number of this country has this length")
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164).removeprefix("+")
