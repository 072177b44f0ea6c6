import json

import pytest

from griot_chassis.log import configure_logging, get_logger


@pytest.mark.parametrize(
    "name", ["text", "key", "password", "qr", "code", "email", "authorization", "content"]
)
def test_a_value_under_a_secret_name_never_reaches_the_log(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging("quota", "quota-1", "INFO")

    get_logger("test").info("something happened", **{name: "hunter2"})

    assert "hunter2" not in capsys.readouterr().err


def test_a_line_is_one_json_object_with_the_service_its_instance_and_the_time(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logging("quota", "quota-1", "INFO")

    get_logger("test").info("something happened", session_id="s1")

    line = json.loads(capsys.readouterr().err)
    assert line["event"] == "something happened"
    assert (line["service"], line["instance"], line["session_id"]) == ("quota", "quota-1", "s1")
    assert line["timestamp"].endswith("Z")


def test_an_exception_is_logged_with_its_frames_and_without_their_locals(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logging("quota", "quota-1", "INFO")

    def fail(secret: str) -> None:
        assert secret
        raise ValueError("it broke")

    try:
        fail("hunter2")
    except ValueError:
        get_logger("test").exception("failed")

    written = capsys.readouterr().err
    assert "it broke" in written
    assert "hunter2" not in written
