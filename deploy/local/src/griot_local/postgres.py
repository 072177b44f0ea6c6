"""PostgreSQL behind PgBouncer on this machine: where several session managers keep the devices' keys."""

import asyncio
import os
import pwd
import secrets
import shutil
import tempfile
from pathlib import Path
from typing import Final, Self

from griot_local.ports import LOOPBACK, free_port
from griot_local.probes import postgres_answers
from griot_local.processes import Process, ProcessFailedError

_DEBIAN: Final = Path("/usr/lib/postgresql")  # Debian keeps the servers' programs off the path, by version
_NOT_ROOT: Final = "postgres"
_NAME: Final = "griot"

_POOL = """\
[databases]
{name} = host={host} port={server_port}
[pgbouncer]
listen_addr = {host}
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {folder}/users
pool_mode = transaction
max_client_conn = 5000
default_pool_size = 10
ignore_startup_parameters = extra_float_digits
"""


class PostgresServer:
    """A PostgreSQL server, with a pool in transaction mode before it.

    Neither runs as root, so their files lie in a folder of their own, which goes when they stop; after `kill`
    and `start` they are as they were.
    """

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="griot-postgres-"))
        self.port, self._server_port = free_port(), free_port()
        self._password = secrets.token_urlsafe(24)
        self.process = Process(
            "postgres",
            [*_not_root(), _program("postgres"), "-D", str(self._data), "-p", str(self._server_port)],
            log=self.folder / "postgres.log",
            is_ready=lambda: postgres_answers(self._server_port),
        )
        self.pool = Process(
            "pgbouncer",
            [*_not_root(), _program("pgbouncer"), str(self.folder / "pgbouncer.ini")],
            log=self.folder / "pgbouncer.log",
            is_ready=lambda: postgres_answers(self.port),
        )

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def url(self) -> str:
        """Where a session manager finds the pool; it holds the password."""
        return (
            f"postgres://{_NAME}:{self._password}@{LOOPBACK}:{self.port}/{_NAME}"
            "?sslmode=disable&binary_parameters=yes"
        )

    async def start(self) -> None:
        """Start both, or start them again on the same data, and wait until they answer.

        Raises:
            FileNotFoundError: a program is missing; `make install` brings it.
            ProcessFailedError: one did not come up.
        """
        if not self._data.exists():
            await self._make()
        await self.process.start()
        await self.pool.start()

    async def stop(self) -> None:
        """Stop both; their data are gone."""
        await self.pool.stop()  # first: the server waits for its clients to go
        await self.process.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    async def kill(self) -> None:
        """End both with SIGKILL; `start` brings them back."""
        await self.pool.kill()
        await self.process.kill()

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    async def _make(self) -> None:
        password = self.folder / "password"
        password.write_text(self._password)
        (self.folder / "users").write_text(f'"{_NAME}" "{self._password}"\n')
        (self.folder / "pgbouncer.ini").write_text(
            _POOL.format(
                name=_NAME, host=LOOPBACK, port=self.port, server_port=self._server_port, folder=self.folder
            )
        )
        if os.geteuid() == 0:
            for path in (self.folder, *self.folder.iterdir()):
                shutil.chown(path, _NOT_ROOT)
        await self._run(
            *(_program("initdb"), "-D", str(self._data), "-U", _NAME, "--pwfile", str(password)),
            *("-A", "scram-sha-256", "-E", "UTF8", "--locale", "C", "--no-sync"),
        )
        password.unlink()
        with (self._data / "postgresql.conf").open("a") as settings:
            settings.write(f"listen_addresses = '{LOOPBACK}'\nunix_socket_directories = ''\n")
        single = [_program("postgres"), "--single", "-D", str(self._data), "postgres"]
        await self._run(*single, said=f"CREATE DATABASE {_NAME}\n")

    async def _run(self, *argv: str, said: str = "") -> None:
        with self.process.log.open("ab") as log:
            made = await asyncio.create_subprocess_exec(
                *_not_root(), *argv, stdin=asyncio.subprocess.PIPE, stdout=log, stderr=log, cwd=self.folder
            )
            await made.communicate(said.encode())
        if made.returncode != 0:
            raise ProcessFailedError("postgres", f"could not be set up by {argv[0]}", self.process.log)


def _not_root() -> list[str]:
    """What runs a program as another user than root, which these refuse, and still ends it with us."""
    if os.geteuid() != 0:
        return []
    user = pwd.getpwnam(_NOT_ROOT)
    other = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--pdeathsig", "KILL"]
    return ["setpriv", *other, "--"]


def _program(name: str) -> str:
    newest_first = sorted(_DEBIAN.glob(f"*/bin/{name}"), reverse=True)
    found = [*newest_first, Path("/usr/sbin") / name]
    program = next((str(path) for path in found if path.exists()), shutil.which(name))
    if program is None:
        raise FileNotFoundError(f"{name} is missing: run `make install`")
    return program
