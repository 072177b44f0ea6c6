"""Media of every format that the API names, made on the spot."""

import asyncio
import tempfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image

SECONDS = 2
WIDTH, HEIGHT = 176, 144
SOUND = ("-f", "lavfi", "-i", f"sine=frequency=440:duration={SECONDS}")
VIDEO = ("-f", "lavfi", "-i", f"testsrc=size={WIDTH}x{HEIGHT}:rate=10:duration={SECONDS}")
H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")


@dataclass(frozen=True)
class Format:
    """A format: how it is made, and what its bytes are."""

    suffix: str
    made_by: tuple[str, ...]
    mime_type: str


IMAGES = {"JPEG": "image/jpeg", "PNG": "image/png", "WebP": "image/webp", "GIF": "image/gif"}
VIDEOS = {
    "MP4": Format("mp4", (*VIDEO, *H264), "video/mp4"),
    "3GPP": Format("3gp", (*VIDEO, "-c:v", "h263"), "video/3gpp"),
    "MOV": Format("mov", (*VIDEO, *H264), "video/quicktime"),
    "WebM": Format("webm", (*VIDEO, "-c:v", "libvpx", "-deadline", "realtime"), "video/webm"),
}
SOUNDS = {
    "MP3": Format("mp3", SOUND, "audio/mpeg"),
    "OGG": Format("ogg", (*SOUND, "-c:a", "libvorbis"), "audio/ogg"),
    "AAC": Format("aac", (*SOUND, "-c:a", "aac", "-f", "adts"), "audio/aac"),
    "WAV": Format("wav", SOUND, "audio/wav"),
    "Opus": Format("opus", (*SOUND, "-c:a", "libopus"), "audio/ogg; codecs=opus"),
}


def image(name: str) -> bytes:
    written = BytesIO()
    Image.linear_gradient("L").resize((WIDTH, HEIGHT)).convert("RGB").save(written, format=name)
    return written.getvalue()


async def made(wanted: Format) -> bytes:
    """A video or a sound in this format."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"sample.{wanted.suffix}"
        await ran("ffmpeg", "-loglevel", "error", *wanted.made_by, str(path))
        return path.read_bytes()


async def described(data: bytes) -> tuple[str, float]:
    """The codec and the duration in seconds, as ffprobe sees them."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        entries = "format=format_name,duration:stream=codec_name"
        told = await ran(
            "ffprobe", "-loglevel", "error", "-show_entries", entries, "-of", "csv=p=0", file.name
        )
    codec, container = told.decode().strip().splitlines()
    name, seconds = container.rsplit(",", 1)
    return f"{name}/{codec}", float(seconds)


async def ran(*command: str) -> bytes:
    child = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    output, _ = await child.communicate()
    assert child.returncode == 0, command
    return output
