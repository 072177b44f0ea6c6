"""Files and functions small enough to be read in one go; `make lint` runs it."""

import ast
import sys
from pathlib import Path

LINES_A_FILE = 300
LINES_A_FUNCTION = 50

bad = []
for path in sorted(
    p for folder in ("libs", "services", "clients", "deploy", "tests") for p in Path(folder).rglob("*.py")
):
    source = path.read_text()
    if source.count("\n") > LINES_A_FILE:
        bad.append(f"{path}: more than {LINES_A_FILE} lines")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > LINES_A_FUNCTION:
                bad.append(f"{path}:{node.lineno}: {node.name} has more than {LINES_A_FUNCTION} lines")
sys.exit("\n".join(bad) or None)
