import pytest

from fakewhatsapp.faults import Fault, FaultError, FaultKind, Faults

ANNA, BEN = "+237650000001", "+237650000002"


def test_without_faults_nothing_happens() -> None:
    faults = Faults()

    assert faults.for_login(ANNA) is None
    assert faults.for_message(ANNA, "A1") is None
    assert faults.for_connection(ANNA, set()) == []


def test_a_fault_happens_once_unless_told_otherwise() -> None:
    faults = Faults()
    fault = Fault(FaultKind.REFUSE_LOGIN, ANNA, code=503)
    faults.add(fault)

    assert [faults.for_login(ANNA) for _ in range(2)] == [fault, None]
    assert faults.due() == {}


def test_a_fault_happens_as_often_as_it_was_told_to() -> None:
    faults = Faults()
    fault = Fault(FaultKind.NEVER_ACK, ANNA, times=2)
    fault_id = faults.add(fault)

    assert faults.for_message(ANNA, "A1") == fault
    assert faults.due() == {fault_id: (fault, 1)}
    assert [faults.for_message(ANNA, message_id) for message_id in ("A2", "A3")] == [fault, None]


def test_a_fault_without_an_end_happens_until_it_is_cleared() -> None:
    faults = Faults()
    fault = Fault(FaultKind.REFUSE_MESSAGE, times=None, code=463)
    fault_id = faults.add(fault)

    assert {faults.for_message(ANNA, f"A{number}") for number in range(10)} == {fault}
    faults.clear(fault_id)
    assert faults.for_message(ANNA, "A10") is None


def test_a_fault_of_one_number_spares_the_others() -> None:
    faults = Faults()
    faults.add(Fault(FaultKind.DROP, ANNA))

    assert faults.for_connection(BEN, set()) == []
    assert faults.for_connection(ANNA, set()) == [Fault(FaultKind.DROP, ANNA)]


def test_a_fault_of_ones_own_comes_before_one_of_everybody() -> None:
    faults = Faults()
    everybodys, annas = Fault(FaultKind.NEVER_ACK), Fault(FaultKind.ACK_LATE, ANNA, seconds=5)
    faults.add(everybodys)
    faults.add(annas)

    assert [faults.for_message(ANNA, message_id) for message_id in ("A1", "A2")] == [annas, everybodys]


def test_each_moment_has_its_own_faults() -> None:
    faults = Faults()
    login, message, connection = (
        Fault(FaultKind.REFUSE_LOGIN, code=403),
        Fault(FaultKind.LOSE_MESSAGE),
        Fault(FaultKind.REPLACE),
    )
    for fault in (login, message, connection):
        faults.add(fault)

    assert faults.for_message(ANNA, "A1") == message
    assert faults.for_connection(ANNA, set()) == [connection]
    assert faults.for_login(ANNA) == login


def test_a_connection_has_a_fault_only_once_however_often_it_asks() -> None:
    faults = Faults()
    slow, deaf = Fault(FaultKind.SLOW, times=None, seconds=0.5), Fault(FaultKind.DEAF, ANNA)
    faults.add(slow)
    faults.add(deaf)
    had: set[int] = set()

    assert faults.for_connection(ANNA, had) == [deaf, slow]
    assert faults.for_connection(ANNA, had) == []
    assert faults.for_connection(ANNA, set()) == [
        slow
    ]  # the connection after it: deafness was to happen once


def test_whoever_watches_is_told_when_to_look_and_when_to_heal() -> None:
    faults, told = Faults(), list[str]()
    faults.watch(lambda: told.append("look"), lambda: told.append("heal"))
    fault_id = faults.add(Fault(FaultKind.DEAF))
    faults.clear(fault_id)
    faults.clear()

    assert told == ["look", "heal"]


@pytest.mark.parametrize(
    ("kind", "code", "seconds", "times"),
    [
        pytest.param(FaultKind.REFUSE_LOGIN, None, 0, 1, id="refusal without a code"),
        pytest.param(FaultKind.REFUSE_LOGIN, 418, 0, 1, id="login code nobody knows"),
        pytest.param(FaultKind.REFUSE_LOGIN, 402, 0, 1, id="ban without an end"),
        pytest.param(FaultKind.REFUSE_LOGIN, 403, 5, 1, id="refusal with a duration"),
        pytest.param(FaultKind.REFUSE_MESSAGE, None, 0, 1, id="message refused without a code"),
        pytest.param(FaultKind.DROP, 500, 0, 1, id="drop with a code"),
        pytest.param(FaultKind.SLOW, None, 0, 1, id="slow by nothing"),
        pytest.param(FaultKind.DROP, None, 0, 0, id="never"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(
    kind: FaultKind, code: int | None, seconds: float, times: int
) -> None:
    with pytest.raises(FaultError):
        Fault(kind, code=code, seconds=seconds, times=times)
