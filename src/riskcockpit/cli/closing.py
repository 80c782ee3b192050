"""The end of a command that wrote into the ledger: what it wrote stands, whatever its end is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from riskcockpit.cli.diagnostics import warn

if TYPE_CHECKING:
    from riskcockpit.services.context import Context


def witness(ctx: Context, told: str = "") -> None:
    """Sign a checkpoint of this writer's chain; say why not, unless `told` says so already.

    Raises:
        LedgerError: the chain does not verify.
    """
    from riskcockpit.services.witnessing import sign_checkpoint

    why_not = sign_checkpoint(ctx)
    if why_not and why_not not in told:
        warn(why_not)
