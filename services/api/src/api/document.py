"""The OpenAPI document as a file: `python -m api.document [path]` writes it to `docs/openapi.json`."""

import json
import sys
from pathlib import Path
from typing import Any

from api.app import make_app


def document() -> dict[str, Any]:
    """The whole document."""
    return make_app().openapi()


def main(arguments: list[str]) -> None:
    """Write it to where it is told to."""
    path = Path(arguments[0]) if arguments else Path("docs/openapi.json")
    path.write_text(json.dumps(document(), indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
