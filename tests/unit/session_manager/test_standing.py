"""Where a session stands after what was seen of its connection."""

from datetime import timedelta
from typing import cast

import pytest

from griot_contracts.sessions import SessionStatus
from session_manager.domain.standing import (
    Audible,
    Banned,
    Broken,
    GiveUp,
    Identified,
    Keep,
    LoginRefused,
    Observation,
    Offline,
    Online,
    Outdated,
    Overdue,
    PairingEnded,
    QrShown,
    Reconnect,
    Replaced,
    Silent,
    Standing,
    Step,
    Stuck,
    Unlinked,
    patience,
    react,
    starting,
    wait_before,
)

MINUTE = timedelta(minutes=1)


def after(*seen: Observation) -> tuple[Standing, Step]:
    standing, step = starting(), cast("Step", Keep())
    for one in seen:
        standing, step = react(standing, one)
    return standing, step


def test_pairing_goes_by_the_scan_to_connected_with_the_phones_number() -> None:
    standing, step = after(
        QrShown("2@a", MINUTE),
        PairingEnded("success", ran_out=False),
        Identified("237650000001:4@s.whatsapp.net"),
    )
    assert standing.status is SessionStatus.AWAITING_SCAN, "sends do not work before the login that follows"

    standing, step = react(standing, Online())

    assert (standing, step) == (
        Standing(SessionStatus.CONNECTED, jid="237650000001:4@s.whatsapp.net"),
        Keep(),
    )


SCANNED = (PairingEnded("success", ran_out=False), Identified("237650000001:4@s.whatsapp.net"))


@pytest.mark.parametrize(
    "seen",
    [
        (*SCANNED, Offline()),
        (Offline(), *SCANNED),
        (SCANNED[0], Offline(), SCANNED[1]),
        (Offline(), Offline()),
    ],
)
def test_the_break_between_a_scan_and_the_first_login_is_no_loss_whenever_it_is_seen(
    seen: tuple[Observation, ...],
) -> None:
    seen = (QrShown("2@a", MINUTE), *seen)
    stood = [after(*seen[: count + 1])[0].status for count in range(len(seen))]

    assert SessionStatus.DISCONNECTED not in stood
    assert patience(after(*seen)[0]) is not None
    assert after(*seen, Online())[0].status is SessionStatus.CONNECTED


def test_a_connection_lost_while_codes_are_shown_is_made_anew_and_shows_others() -> None:
    standing, step = after(QrShown("2@a", MINUTE), Offline(), PairingEnded("timeout", ran_out=False))

    assert (standing.status, step) == (SessionStatus.STARTING, Reconnect())


def test_a_first_login_that_does_not_come_is_told_and_tried_again() -> None:
    standing, _ = after(QrShown("2@a", MINUTE), *SCANNED, Offline())
    assert patience(standing) is not None

    late, step = react(standing, Overdue())

    assert (late.status, late.reason) == (SessionStatus.DISCONNECTED, "login_timeout")
    assert step == Reconnect()


def test_a_connection_that_does_not_come_back_by_itself_is_made_anew_for_the_same_reason() -> None:
    lost, _ = after(Online(), Offline())
    assert patience(lost) is not None

    late, step = react(lost, Overdue())

    assert (late, step) == (lost, Reconnect())


@pytest.mark.parametrize("settled", [Online(), QrShown("2@a", MINUTE), Unlinked("LOGGED_OUT"), Outdated()])
def test_what_is_not_on_its_way_anywhere_may_stay_for_ever(settled: Observation) -> None:
    assert patience(after(settled)[0]) is None


@pytest.mark.parametrize(
    ("seen", "status", "reason", "step"),
    [
        (QrShown("2@a", MINUTE), SessionStatus.AWAITING_SCAN, None, Keep()),
        (PairingEnded("timeout", ran_out=True), SessionStatus.FAILED, "pairing_timeout", GiveUp()),
        (PairingEnded("timeout", ran_out=False), SessionStatus.STARTING, None, Reconnect()),
        (PairingEnded("error", ran_out=False), SessionStatus.FAILED, "pairing_failed", GiveUp()),
        (Offline(), SessionStatus.STARTING, None, Keep()),
        (Silent(), SessionStatus.STARTING, None, Keep()),
        (Stuck(), SessionStatus.DISCONNECTED, "no_answer", Reconnect()),
        (Broken(), SessionStatus.DISCONNECTED, "connect_failed", Reconnect()),
        (LoginRefused(), SessionStatus.DISCONNECTED, "login_refused", Reconnect()),
        (Outdated(), SessionStatus.FAILED, "client_outdated", GiveUp()),
        (Unlinked("LOGGED_OUT"), SessionStatus.LOGGED_OUT, "unlinked_from_phone", GiveUp(keys_gone=True)),
        (Unlinked("MAIN_DEVICE_GONE"), SessionStatus.LOGGED_OUT, "main_device_gone", GiveUp(keys_gone=True)),
        (Unlinked("?"), SessionStatus.LOGGED_OUT, "logged_out_by_whatsapp", GiveUp(keys_gone=True)),
    ],
)
def test_each_observation_has_its_status_and_its_step(
    seen: Observation, status: SessionStatus, reason: str | None, step: Step
) -> None:
    standing, then = react(starting(), seen)

    assert (standing.status, standing.reason, then) == (status, reason, step)


def test_a_ban_is_waited_out() -> None:
    standing, step = react(starting(), Banned("SENT_TO_TOO_MANY_PEOPLE", timedelta(hours=1)))

    assert (standing.status, standing.reason) == (SessionStatus.RESTRICTED, "temporary_ban")
    assert standing.detail is not None
    assert standing.detail.startswith("sent_to_too_many_people: ")
    assert standing.detail.endswith("60 minutes")
    assert isinstance(step, Reconnect)
    assert step.after > timedelta(hours=1)


def test_a_ban_of_which_nobody_says_how_long_it_lasts_is_waited_out_for_a_minute() -> None:
    _, step = react(starting(), Banned("UNKNOWN", timedelta()))

    assert isinstance(step, Reconnect)
    assert step.after >= MINUTE


def test_a_replaced_stream_is_not_fought_for_at_once() -> None:
    _, step = react(starting(), Replaced())

    assert isinstance(step, Reconnect)
    assert step.after >= timedelta(seconds=10)


def test_a_connection_that_is_gone_is_told_and_left_to_the_library() -> None:
    standing, step = after(Online(), Offline())

    assert (standing.status, standing.reason, step) == (
        SessionStatus.DISCONNECTED,
        "connection_lost",
        Keep(),
    )


@pytest.mark.parametrize("lost", [Silent(), Stuck(), LoginRefused(), Replaced(), Broken()])
def test_what_is_lost_already_is_lost_for_the_same_reason(lost: Observation) -> None:
    before, _ = after(Online(), lost)

    assert react(before, Offline()) == (before, Keep())


def test_a_login_after_a_ban_that_is_not_answered_is_tried_again() -> None:
    banned, _ = react(starting(), Banned("UNKNOWN", MINUTE))
    late, step = react(banned, Overdue())

    assert patience(banned) is not None
    assert (late.status, late.reason, step) == (SessionStatus.DISCONNECTED, "login_timeout", Reconnect())


def test_an_answer_ends_a_silence_and_nothing_else() -> None:
    silent, _ = after(Online(), Silent())
    assert (silent.status, silent.reason) == (SessionStatus.DISCONNECTED, "no_answer")
    lost, _ = after(Online(), Offline())

    assert react(silent, Audible())[0].status is SessionStatus.CONNECTED
    assert react(lost, Audible())[0] == lost


def test_a_silence_while_a_code_is_shown_makes_nothing_connected() -> None:
    standing, step = after(QrShown("2@a", MINUTE), Silent(), Audible())

    assert (standing.status, step) == (SessionStatus.AWAITING_SCAN, Keep())


def test_waits_grow_are_spread_and_have_an_end() -> None:
    assert wait_before(1, spread=1) == timedelta(seconds=2)
    assert wait_before(1, spread=0) == timedelta(seconds=1)
    assert wait_before(3, spread=1) > wait_before(2, spread=1)
    assert wait_before(1000, spread=1) == timedelta(minutes=5)
