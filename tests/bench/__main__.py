"""`make bench`, `bench-sessions`, `bench-capacity`: measure, and print the tables of docs/performance.md."""

import sys
from pathlib import Path
from types import ModuleType

_TESTS = Path(__file__).resolve().parents[1]


def _find_tests_here() -> None:
    """Have `tests` mean this tree's.

    A package that neonize needs (linkpreview) installs one of that name, which comes before a folder
    without `__init__.py`, wherever that is on the path.
    """
    tests = ModuleType("tests")
    tests.__path__ = [str(_TESTS)]
    sys.modules["tests"] = tests


if __name__ == "__main__":
    _find_tests_here()
    if sys.argv[1:] == ["hand-over"]:
        from tests.bench.hand_over import main
    elif sys.argv[1:] == ["capacity"]:
        from tests.bench.capacity import main
    else:
        from tests.bench.run import main

    main()
