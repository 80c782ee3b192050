"""The process that `confined` starts: answers one line of JSON with another, until it is ended."""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from riskcockpit.domain.clock import parse_utc
from riskcockpit.errors import RiskcockpitError
from riskcockpit.store.connecting import connect
from riskcockpit.store.database import Reader
from riskcockpit.store.guard import Guard, Statement, guarding

MEMORY_BYTES = 3 << 30
"""Of address space; the engine itself needs a part of it."""
CPU_SECONDS = 2
SECONDS = 1.5
"""After which a statement is interrupted, so that it can say so itself."""
MOST_BYTES = 32 << 20
"""Of one answer."""


def main() -> None:
    """Answer requests about the database file named on the command line."""
    reader = Reader(connect(Path(sys.argv[1]), is_writing=False), 1)
    for kind, limit in ((resource.RLIMIT_AS, MEMORY_BYTES), (resource.RLIMIT_FSIZE, 0)):
        resource.setrlimit(kind, (limit, limit))
    with guarding(reader, seconds=SECONDS) as guard:
        _say({"ready": True})
        for line in sys.stdin:
            _allow_seconds(CPU_SECONDS)
            _say(_answer(guard, json.loads(line)))


def _allow_seconds(seconds: int) -> None:
    """Let the process use `seconds` of processor time from now on; then the system ends it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    spent = int(used.ru_utime + used.ru_stime)
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (spent + seconds, most))


def _answer(guard: Guard, request: Mapping[str, Any]) -> dict[str, Any]:
    statement = Statement(
        request["name"],
        request["text"],
        tables=frozenset(request["tables"]),
        columns=request["columns"],
        has_scalars_only=request["has_scalars_only"],
    )
    parameters = {
        name: parse_utc(value["moment"]) if isinstance(value, dict) else value
        for name, value in request["parameters"].items()
    }
    try:
        answer = guard.run(statement, parameters, request["most_rows"])
    except RiskcockpitError as error:
        return {"error": error.message, "hint": error.hint}
    except MemoryError:
        return {"error": f"{statement.name} needs too much memory", "hint": "narrow the query"}
    if (
        sum(len(value) for row in answer.rows for value in row if isinstance(value, str))
        > MOST_BYTES
    ):
        return {"error": f"{statement.name} returns too much text", "hint": "return less of it"}
    return {"columns": answer.columns, "rows": answer.rows, "is_truncated": answer.is_truncated}


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer, default=str) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
