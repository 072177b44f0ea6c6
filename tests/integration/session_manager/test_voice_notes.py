"""How loud a sound is, heard by the real ffmpeg."""

import wave
from pathlib import Path

from session_manager.adapters import ffmpeg

PER_SECOND = 1_000
SILENCE, NOISE = b"\x80", b"\xff\x00"


def sound(path: Path, samples: bytes) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(PER_SECOND)
        file.writeframes(samples)
    return path


async def test_a_waveform_rises_where_the_sound_does(tmp_path: Path) -> None:
    quiet_then_loud = SILENCE * (2 * PER_SECOND) + NOISE * PER_SECOND
    heard = await ffmpeg.waveform(sound(tmp_path / "note.wav", quiet_then_loud), "audio/wav")

    assert len(heard) == 64
    assert max(heard[:30]) < 10
    assert max(heard[34:]) == 100


async def test_what_comes_after_twenty_minutes_is_not_held_in_memory(tmp_path: Path) -> None:
    long = SILENCE * (1_201 * PER_SECOND) + NOISE * PER_SECOND
    heard = await ffmpeg.waveform(sound(tmp_path / "hours.wav", long), "audio/wav")

    assert heard == bytes(64)
