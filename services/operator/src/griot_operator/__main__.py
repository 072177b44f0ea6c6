"""`griot`, or `python -m griot_operator`."""

import sys

import typer

from griot_chassis.errors import ChassisError
from griot_operator import accounts

cli = typer.Typer(
    help="What an operator of Griot needs. Its settings are the services', such as GRIOT_KAFKA_BOOTSTRAP.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
cli.add_typer(accounts.cli, name="accounts")


def main() -> None:
    """Run, and tell in words what went wrong."""
    try:
        cli()
    except (ChassisError, OSError) as error:
        typer.echo(f"{type(error).__name__}: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
