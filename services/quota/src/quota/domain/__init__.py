"""The Account aggregate: what an account may do, decided from what it did.

Pure: what time it is and every id come in with the command, so the same history and the same command give
the same decision, whoever decides, and however often.

The ids of accepted messages are not remembered: ten thousand a day would make every snapshot slow. A message
id that is asked for twice counts twice, and is dispatched once, because the dispatcher's queue knows it. What
was granted under an Idempotency-Key is remembered beside the account, and answered again without deciding.
"""

from quota.domain.account import Account, AccountCommand, AccountEvent, Snapshot, evolve
from quota.domain.answering import Answer, Asked, Settled, once_of, settle
from quota.domain.deciding import decide
from quota.domain.following import Consequence, consequences, verdict

__all__ = [
    "Account",
    "AccountCommand",
    "AccountEvent",
    "Answer",
    "Asked",
    "Consequence",
    "Settled",
    "Snapshot",
    "consequences",
    "decide",
    "evolve",
    "once_of",
    "settle",
    "verdict",
]
