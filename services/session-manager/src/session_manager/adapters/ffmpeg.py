"""ffmpeg and ffprobe, programs of their own: what comes from strangers is taken apart outside this process.

Each is told which format to expect and may read nothing but the one file: a format that names further
files or addresses (a playlist) is not followed.
"""

import asyncio
import contextlib
import itertools
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

_WITHIN_S: Final = 60.0
_DEMUXERS: Final = {
    "video/mp4": "mov",
    "video/3gpp": "mov",
    "video/quicktime": "mov",
    "video/webm": "matroska",
    "audio/mp4": "mov",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "audio/aac": "aac",
    "audio/wav": "wav",
}
_THUMBNAIL: Final = "scale=w=200:h=200:force_original_aspect_ratio=decrease"
_BARS: Final = 64
_LOUDEST: Final = 100
_PER_SECOND: Final = 8_000
_HEARD_S: Final = 1_200
"""Of a longer sound the rest is not heard: a small file may play for hours, and a second takes 16 kB."""


class FFmpegError(Exception):
    """It could not read the file, or took too long."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What ffprobe says of a file; 0 or empty where it does not."""

    seconds: float
    width: int
    height: int
    codec: str


@contextmanager
def as_file(data: bytes) -> Iterator[Path]:
    """The bytes in a file for the length of the block. Blocks: call it on a thread, or for small data."""
    with tempfile.NamedTemporaryFile(prefix="griot-media-") as file:
        file.write(data)
        file.flush()
        yield Path(file.name)


async def facts(path: Path, mime_type: str) -> Facts:
    """Duration, size and codec of the first video stream, or of the first audio stream where there is none.

    Raises:
        FFmpegError: it is not what its format says.
    """
    entries = "format=duration:stream=codec_type,codec_name,width,height,duration"
    told = json.loads(
        await _run("ffprobe", *_input(path, mime_type), "-show_entries", entries, "-print_format", "json")
    )
    streams = sorted(told.get("streams", []), key=lambda stream: bool(stream.get("codec_type") != "video"))
    first: dict[str, Any] = streams[0] if streams else {}
    seconds = told.get("format", {}).get("duration") or first.get("duration") or 0
    return Facts(
        seconds=float(seconds),
        width=int(first.get("width", 0)),
        height=int(first.get("height", 0)),
        codec=str(first.get("codec_name", "")),
    )


async def first_frame(path: Path, mime_type: str) -> bytes:
    """A small JPEG of a video's first picture.

    Raises:
        FFmpegError: it has none.
    """
    picture = ("-frames:v", "1", "-vf", _THUMBNAIL, "-c:v", "mjpeg", "-f", "image2pipe", "pipe:1")
    return await _run("ffmpeg", *_input(path, mime_type), *picture)


async def as_voice(path: Path, mime_type: str) -> bytes:
    """The sound as phones record it: Opus in OGG, one channel.

    Raises:
        FFmpegError: there is no sound in it.
    """
    opus = ("-c:a", "libopus", "-b:a", "32k", "-ac", "1", "-ar", "48000", "-application", "voip")
    return await _run(
        "ffmpeg", *_input(path, mime_type), "-map", "0:a:0", "-vn", *opus, "-f", "ogg", "pipe:1"
    )


async def waveform(path: Path, mime_type: str) -> bytes:
    """How loud each 64th of it is, or of its first twenty minutes, from 0 to 100; the loudest one is 100.

    Raises:
        FFmpegError: there is no sound in it.
    """
    samples = ("-map", "0:a:0", "-ac", "1", "-ar", str(_PER_SECOND), "-f", "s16le", "pipe:1")
    heard = await _run("ffmpeg", *_input(path, mime_type), "-t", str(_HEARD_S), *samples)
    return await asyncio.to_thread(_bars, memoryview(heard).cast("h"))


def _bars(heard: "memoryview[int]") -> bytes:
    edges = [len(heard) * bar // _BARS for bar in range(_BARS + 1)]
    parts = [heard[start:end] for start, end in itertools.pairwise(edges)]
    peaks = [_peak(part) for part in parts]
    loudest = max(peaks) or 1
    return bytes(peak * _LOUDEST // loudest for peak in peaks)


def _peak(part: "memoryview[int]") -> int:
    if not part:
        return 0
    highest, lowest = max(part), min(part)
    return max(highest, -lowest)


def _input(path: Path, mime_type: str) -> tuple[str, ...]:
    if mime_type not in _DEMUXERS:
        raise FFmpegError(f"no demuxer for {mime_type}")
    return ("-protocol_whitelist", "file,pipe", "-f", _DEMUXERS[mime_type], "-i", f"file:{path}")


async def _run(program: str, *arguments: str) -> bytes:
    quiet = ("-hide_banner", "-loglevel", "error")
    still = ("-nostdin", "-threads", "1") if program == "ffmpeg" else ()
    child = await asyncio.create_subprocess_exec(
        program, *quiet, *still, *arguments,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with asyncio.timeout(_WITHIN_S):
            output, _ = await child.communicate()
    except TimeoutError as error:
        raise FFmpegError(f"{program} took too long") from error
    finally:
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await child.wait()
    if child.returncode != 0 or not output:
        raise FFmpegError(f"{program} ended with {child.returncode}")
    return output
