"""The end of a process that wrote into the ledger: its chain is witnessed.

Apart from the questions about the ledger, so that a command without a key loads none of that.
"""

from __future__ import annotations

from riskcockpit.errors import RetryableError, SigningKeyError, UnwritableError
from riskcockpit.services.context import Context


def sign_checkpoint(ctx: Context) -> str:
    """Witness this writer's chain before the process ends; without a key or news, nothing.

    Returns why that could not be written, or nothing: the entries stand, the next covers them.

    Raises:
        LedgerError: the chain does not verify.
    """
    if not (ctx.paths.ledger / "chains").is_dir() or not ctx.key.exists():
        return ""
    try:
        ctx.journal().checkpoint()
    except (SigningKeyError, UnwritableError, RetryableError) as error:
        return f"no checkpoint was signed: {error.message}"
    return ""
