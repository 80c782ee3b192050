"""What `ledger sync` came to, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from riskcockpit.cli.diagnostics import say
from riskcockpit.cli.output import line
from riskcockpit.present.text import plural

if TYPE_CHECKING:
    from riskcockpit.views.ledgersync import LedgerSync


def ledger_sync(done: LedgerSync) -> None:
    """Print what came and went, or why nothing did."""
    if done.refused:
        line(f"REFUSED: {done.remote} ({done.branch})")
        for problem in done.refused:
            place = "" if problem.entry is None else f" entry {problem.entry}"
            line(f"  {problem.chain}{place}: {problem.why}")
        for key in done.offered:
            line(f"  the remote names {key}")
        if done.accept:
            line(f"  accept all of them in a new home: --accept {done.accept}")
        if done.hint:
            say(f"hint: {done.hint}")
        return
    for move in done.chains:
        line(f"{move.chain}: {move.pulled} pulled, {move.pushed} pushed")
    for text in (*done.policy, *done.notes):
        line(text)
    pulled = plural(sum(move.pulled for move in done.chains), "entry", "entries")
    say(f"in step with {done.remote} ({done.branch}); {pulled} new here")
