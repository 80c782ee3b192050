"""The tools by which riskcockpit names what it judges itself; no report speaks for them.

`ingest.readings`, `changes`, `glasses` and `watched` hold their names. Whoever could write a report
of one of them could say that a model which loses its accuracy is well.
"""

from __future__ import annotations

from riskcockpit.domain.finding import Scan
from riskcockpit.domain.sheet import Sheet

_PREFIX = "riskcockpit."


def is_own_tool(name: str) -> bool:
    """Whether riskcockpit judges under this name, in any letter case."""
    return name.casefold().startswith(_PREFIX)


def own_tools_of(scan: Scan) -> frozenset[str]:
    """Return the names of our own by which a scan or any result of it speaks."""
    tools = {scan.tool, *(kind.tool for kind in Sheet.of(scan.observations).kinds)}
    return frozenset(filter(is_own_tool, tools))
