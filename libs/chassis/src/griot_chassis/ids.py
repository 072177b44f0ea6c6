"""The one place where Griot makes something random.

What follows from something else is in `griot_contracts.ids`.
"""

import secrets
import string
from typing import Final

import uuid_utils

_LETTERS_AND_DIGITS: Final = string.ascii_letters + string.digits


def new_id() -> str:
    """A UUIDv7: unique, and in the order in which ids were made."""
    return str(uuid_utils.uuid7())


def new_secret() -> str:
    """32 random letters and digits, 190 bits."""
    return "".join(secrets.choice(_LETTERS_AND_DIGITS) for _ in range(32))
