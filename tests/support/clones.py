"""Homes of one bank whose ledgers meet through a git repository."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from riskcockpit.config.settings import LedgerSettings
from riskcockpit.domain.decision import EntryType
from riskcockpit.ledger.journal import Journal
from riskcockpit.services.context import Context
from riskcockpit.services.desk import Desk
from riskcockpit.services.ledger_sync import sync_ledger
from riskcockpit.views.ledgersync import LedgerSync
from support.deciding import Bank
from support.git import git
from support.ledgers import said
from support.quick_signer import QuickSigner


class Home(Bank):
    """A bank's home without a cache, with a remote."""

    remote: str = ""
    """Its address; the bare repository beside the home when it is empty."""

    def sync(self, name: str, **options: str) -> LedgerSync:
        """Sync as somebody."""
        return sync_ledger(self.context(name), **options)

    def context(self, name: str) -> Context:
        """Sit somebody down."""
        remote = self.remote or str(self.root.parent / "there.git")
        return self.at(name, ledger=LedgerSettings(remote=remote))

    def journal(self, name: str) -> Journal:
        """Open the journal of somebody who signs quickly."""
        ctx = self.context(name)
        signer = QuickSigner.open(ctx.key, self.ledger / "allowed_signers", name)
        return Journal(self.ledger, self.clock, signer, ctx.host)


def found(homes: Iterable[Home], folder: Path) -> None:
    """Hire the same people in every home, and put their policy in force in the first one."""
    git(folder, "init", "--quiet", "--bare", "there.git")
    first, *others = homes
    for home in (first, *others):
        home.hire()
    desk = Desk(first.context("engineer"))
    desk.change_policy("policy/roles.yaml")
    desk.change_policy("allowed_signers")


def note(home: Home, name: str, text: str = "seen") -> str:
    """Sign a note and return its hash."""
    return home.journal(name).append(EntryType.NOTE, said(text)).hash


def hashes(home: Home) -> set[str]:
    """Return the hashes of all entries that a home has."""
    return {entry.hash for entry in home.context("engineer").reading_journal().entries()}
