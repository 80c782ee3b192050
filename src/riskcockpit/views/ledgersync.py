"""Read models of `ledger sync`."""

from __future__ import annotations

from dataclasses import dataclass

from riskcockpit.views.governance import LedgerProblem


@dataclass(frozen=True, slots=True)
class ChainMove:
    """How one chain grew, here or there."""

    chain: str
    pulled: int
    """Entries that came."""
    pushed: int
    """Entries that went."""


@dataclass(frozen=True, slots=True)
class LedgerSync:
    """What a sync came to."""

    remote: str
    branch: str
    chains: tuple[ChainMove, ...]
    """Those that grew."""
    attempts: int
    """How often it was pushed; more than once when others pushed meanwhile."""
    policy: tuple[str, ...]
    """What came into force by signed entries, one sentence each."""
    notes: tuple[str, ...]
    refused: tuple[LedgerProblem, ...] = ()
    """Why nothing was taken and nothing sent; empty when all was."""
    offered: tuple[str, ...] = ()
    """Keys that the remote names and nobody here knows, as `ann SHA256:…`."""
    accept: str = ""
    """What to give `--accept` once those keys were compared; empty when that is no way."""
    hint: str = ""

    @property
    def is_ok(self) -> bool:
        """Whether both sides hold the same now."""
        return not self.refused
