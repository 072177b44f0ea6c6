"""What every store of snapshots holds to; the fake and the real one are run through it."""

from dataclasses import replace

from griot_contracts.accounts import Plan, PlanChanged
from quota.domain import Account, Snapshot
from quota.handlers import Snapshots
from tests.unit.quota.samples import ACCOUNT, HISTORY, NOON, account_after, sent_today

FULL = replace(
    sent_today(42, account_after(*HISTORY, PlanChanged(account_id=ACCOUNT, at=NOON, plan=Plan.PRO))),
    ended=("k0", "s0"),
)


class SnapshotsSuite:
    """Subclass it, and give a fresh store as the fixture `snapshots`."""

    async def test_what_was_never_stored_is_left_out(self, snapshots: Snapshots) -> None:
        assert await snapshots.load({"nobody"}) == {}

    async def test_an_account_comes_back_as_it_was(self, snapshots: Snapshots) -> None:
        stored = {"a": Snapshot(FULL, 7), "b": Snapshot(Account(), 9)}

        await snapshots.save(stored)

        assert await snapshots.load({"a", "b", "c"}) == stored

    async def test_a_newer_one_replaces_an_older_one(self, snapshots: Snapshots) -> None:
        await snapshots.save({"a": Snapshot(Account(), 7)})
        await snapshots.save({"a": Snapshot(FULL, 8)})

        assert await snapshots.load({"a"}) == {"a": Snapshot(FULL, 8)}

    async def test_an_older_one_is_refused_and_the_others_are_stored(self, snapshots: Snapshots) -> None:
        await snapshots.save({"a": Snapshot(FULL, 8)})

        await snapshots.save({"a": Snapshot(Account(), 7), "b": Snapshot(FULL, 7)})

        assert await snapshots.load({"a", "b"}) == {"a": Snapshot(FULL, 8), "b": Snapshot(FULL, 7)}

    async def test_a_repeat_changes_nothing(self, snapshots: Snapshots) -> None:
        await snapshots.save({"a": Snapshot(FULL, 8)})
        await snapshots.save({"a": Snapshot(FULL, 8)})

        assert await snapshots.load({"a"}) == {"a": Snapshot(FULL, 8)}

    async def test_nothing_can_be_stored(self, snapshots: Snapshots) -> None:
        await snapshots.save({})

        assert await snapshots.load(set()) == {}
