"""Whoever speaks the language installs pydantic and nothing more."""

import ast
import sys
from pathlib import Path

import griot_contracts

ALLOWED = sys.stdlib_module_names | {"griot_contracts", "pydantic"}


def imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").partition(".")[0])
    return found


def test_the_contracts_import_the_standard_library_and_pydantic_alone() -> None:
    [folder] = griot_contracts.__path__
    files = list(Path(folder).rglob("*.py"))

    foreign = {path.name: found for path in files if (found := imported(path) - ALLOWED)}

    assert len(files) > 5
    assert foreign == {}
