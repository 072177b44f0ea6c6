"""`griot`, or `python -m griot_operator`."""

import logging
import sys

import typer
from pymongo.errors import PyMongoError

from griot_chassis.errors import ChassisError
from griot_operator import accounts, dead_letters, sessions
from griot_operator.events import events
from griot_operator.queues import queues
from griot_operator.rebuild import rebuild

cli = typer.Typer(
    help="What an operator of Griot needs. Its settings are the services', such as GRIOT_KAFKA_BOOTSTRAP.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
cli.add_typer(accounts.cli, name="accounts")
cli.add_typer(sessions.cli, name="sessions")
cli.add_typer(dead_letters.cli, name="dead-letters")
cli.command()(events)
cli.command()(rebuild)
cli.command()(queues)


def main() -> None:
    """Run, and tell in words what went wrong."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # nothing else tells what failed
    try:
        cli()
    except (ChassisError, PyMongoError, OSError) as error:
        typer.echo(f"{type(error).__name__}: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
