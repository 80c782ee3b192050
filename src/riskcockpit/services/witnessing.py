"""The end of a process that wrote into the ledger: its chain is witnessed.

Apart from the questions about the ledger, so that a command without a key loads none of that.
"""

from __future__ import annotations

from riskcockpit.services.context import Context


def sign_checkpoint(ctx: Context) -> None:
    """Witness this writer's chain before the process ends; without a key or news, nothing.

    Raises:
        LedgerError: the chain does not verify.
    """
    if not (ctx.paths.ledger / "chains").is_dir() or not ctx.key.exists():
        return
    ctx.journal().checkpoint()
