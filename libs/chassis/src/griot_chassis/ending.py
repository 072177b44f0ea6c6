"""Ending a process that cannot go on as it is: whoever runs it starts it again, and it begins anew."""

import os
from typing import Final, NoReturn

from griot_chassis.log import get_logger

log = get_logger(__name__)

TRY_AGAIN: Final = 75
"""The exit code, sysexits' EX_TEMPFAIL."""


def end_now(why: str, **told: object) -> NoReturn:
    """End this process at once, with a last word.

    Nothing is tidied up: what it leaves behind is what any process that is killed leaves, and costs as much.
    """
    log.critical(why, **told)
    os._exit(TRY_AGAIN)
