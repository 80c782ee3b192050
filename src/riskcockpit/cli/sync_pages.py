"""What `ledger sync` came to, as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from riskcockpit.cli.diagnostics import say
from riskcockpit.cli.output import line
from riskcockpit.present.text import plural

if TYPE_CHECKING:
    from riskcockpit.views.governance import LedgerProblem
    from riskcockpit.views.ledgersync import LedgerSync


_MOST_REASONS = 10


def _in_short(problems: Sequence[LedgerProblem]) -> Iterator[str]:
    """Yield each reason once with its first place and how many more there are; the first reasons.

    A new home knows no key of a ledger: every entry of it has the same fault.
    """
    found: dict[tuple[str, str], list[LedgerProblem]] = {}
    for problem in problems:
        found.setdefault((problem.chain, problem.why), []).append(problem)
    for (chain, why), same in list(found.items())[:_MOST_REASONS]:
        place = "" if same[0].entry is None else f" entry {same[0].entry}"
        more = f" and {len(same) - 1} more" if len(same) > 1 else ""
        yield f"{chain}{place}{more}: {why}"
    if left := sum(map(len, list(found.values())[_MOST_REASONS:])):
        yield f"and {left} more; --json lists all"


def ledger_sync(done: LedgerSync) -> None:
    """Print what came and went, or why nothing did."""
    if done.refused:
        line(f"REFUSED: {done.remote} ({done.branch})")
        for text in _in_short(done.refused):
            line(f"  {text}")
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
