"""A home in which people decide: keys, roles, findings, a model and a registry that can act."""

from __future__ import annotations

import atexit
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from shutil import copytree, rmtree
from tempfile import mkdtemp
from types import ModuleType
from typing import Any

import msgspec
import pytest

from riskcockpit.config.paths import Paths, make_private, shipped
from riskcockpit.config.settings import (
    ContextSettings,
    IdentitySettings,
    Settings,
    SourceSettings,
)
from riskcockpit.domain.action import Action, Outcome, Preview, Receipt
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.domain.ids import digest
from riskcockpit.ledger.memory import Memory
from riskcockpit.services.context import Context
from riskcockpit.services.projection import project_ledger
from riskcockpit.services.unlocking import unlock
from riskcockpit.store.snapshots import Store
from support.caches import NOW, finding, statement
from support.ledgers import TickingClock, key_for, signer_line
from support.quick_signer import QuickSigner

LATER = NOW + timedelta(days=20)
WHY = "The route is behind the gateway and is retired in March"
STATES = statement("SELECT title, state, waived_until IS NOT NULL FROM finding ORDER BY title")


@dataclass
class FakeRegistry:
    """A connector that moves aliases in memory, and fails as it is told."""

    champion: int = 7
    may_write: bool = True
    sent: list[str] = field(default_factory=list)
    before_apply: Callable[[], None] = lambda: None
    after_set: Callable[[], None] = lambda: None
    before_observe: Callable[[], None] = lambda: None
    present: datetime = NOW

    def preview(self, action: Action) -> Preview:
        blockers = () if self.may_write else ("the source has no write credential",)
        if action.params["from"] != str(self.champion):
            blockers = (*blockers, f"champion is version {self.champion}")
        call = f"POST alias {action.target} {action.params['to']}"
        return Preview(
            (call,), f"champion is version {action.params['from']}", "move back", blockers
        )

    def apply(self, action: Action) -> Receipt:
        self.before_apply()
        if action.params["from"] != str(self.champion):
            return self._receipt(action, Outcome.REFUSED, f"champion is version {self.champion}")
        self.sent.append(action.id)
        self.champion = int(action.params["to"])
        self.after_set()
        return self._receipt(action, Outcome.DONE, "read back")

    def observe(self, action: Action) -> Receipt:
        self.before_observe()
        done = action.params["to"] == str(self.champion)
        outcome = Outcome.DONE if done else Outcome.UNKNOWN
        return self._receipt(action, outcome, f"champion is version {self.champion}")

    def close(self) -> None:
        """Nothing is open."""

    def _receipt(self, action: Action, outcome: Outcome, message: str) -> Receipt:
        return Receipt(action.id, outcome, self.present, message, {"champion": str(self.champion)})


@dataclass
class Bank:
    """One home with several people; `at(name)` sits one of them down in front of it."""

    root: Path
    registry: FakeRegistry = field(default_factory=FakeRegistry)
    clock: TickingClock = field(default_factory=lambda: TickingClock(NOW))
    is_production: bool = False
    is_unlocked: bool = True
    """Whether whoever sits down in production unlocks it first."""
    memory: Memory = field(default_factory=Memory)
    """What this process knows of the ledger, as in a home that is opened."""
    roles: dict[str, list[str]] = field(
        default_factory=lambda: {
            "engineer": ["engineer", "risk_owner", "approver"],
            "approver": ["approver"],
            "auditor": ["auditor"],
        }
    )

    @property
    def ledger(self) -> Path:
        """Where the ledger lies."""
        return self.root / "ledger"

    def prepare(self) -> None:
        """Make keys, roles and a cache with findings and a model."""
        self.hire()
        copytree(_cache(), Paths.under(self.root).cache)

    def hire(self) -> None:
        """Make the people's keys and roles."""
        make_private(self.ledger / "policy")
        lines = "".join(signer_line(n, key_for(n, self.root / "keys")) for n in self.roles)
        (self.ledger / "allowed_signers").write_text(lines)
        self.write_roles()

    def write_roles(self, edit: Callable[[str], str] = str) -> None:
        """Write the shipped roles for the people of this bank."""
        text = shipped("config", "roles.yaml").read_text(encoding="utf-8")
        people = "".join(f"  {name}: [{', '.join(r)}]\n" for name, r in self.roles.items())
        first, _, rest = text.partition("principals:\n")
        rest = rest.partition("\n")[2]
        (self.ledger / "policy" / "roles.yaml").write_text(
            edit(f"{first}principals:\n{people}{rest}")
        )

    def at(self, name: str, **changes: Any) -> Context:
        """Return the context of one person."""
        paths = Paths.under(self.root)
        settings = Settings(
            context=ContextSettings(name="bank", production=self.is_production),
            identity=IdentitySettings(principal=name, key=str(self.root / "keys" / name)),
            sources=(SourceSettings(name="registry", kind="mlflow", url="https://m.example"),),
        )
        settings = msgspec.structs.replace(settings, **changes)
        store = Store(paths.cache, self.clock)
        host = f"{name.replace('@', '-')}-host"
        ctx = Context(settings, paths, self.clock, store, host, self.memory)
        if settings.context.production and self.is_unlocked:
            unlock(ctx, settings.context.name)
        return ctx

    def rows(self, text: str, **params: Any) -> list[tuple[Any, ...]]:
        """Ask the published cache."""
        with self.at("engineer").store.reader() as reader:
            return reader.rows(statement(text, *params), **params)

    def states(self) -> dict[str, str]:
        """Return title → state of every finding."""
        return {title: state for title, state, _ in self.rows(STATES.text)}

    def publish(self) -> None:
        """Publish as the next sync would."""
        ctx = self.at("engineer")
        with ctx.store.writer() as tx:
            project_ledger(ctx, tx, self.clock.now())


@cache
def _cache() -> Path:
    """Make the cache that every bank starts with once: a migration takes longer than a copy."""
    folder = Path(mkdtemp(prefix="riskcockpit-cache-"))
    atexit.register(rmtree, folder, ignore_errors=True)
    with Store(folder, FrozenClock(NOW)).writer() as tx:
        tx.append("finding", findings())
        for table, rows in model_rows().items():
            tx.append(table, rows)
    return folder


def make_bank(root: Path, monkeypatch: pytest.MonkeyPatch) -> Bank:
    """Return a bank whose publishes do the projection only, and whose source is its registry.

    Its people sign in this process, which makes the same bytes as `ssh-keygen`.
    """
    bank = Bank(root)
    judging = ModuleType("riskcockpit.services.judging")
    judging.judge = project_ledger  # type: ignore[attr-defined] # stands in for all judges
    judging.record_evaluation = lambda *_: ""  # type: ignore[attr-defined] # nothing was judged
    monkeypatch.setitem(sys.modules, "riskcockpit.services.judging", judging)
    monkeypatch.setattr(Context, "connector", lambda _self, _source: bank.registry)
    monkeypatch.setattr("riskcockpit.ledger.signing.Signer", QuickSigner)
    bank.prepare()
    return bank


def id_of(title: str) -> str:
    """Return the id of a finding of the bank."""
    return digest([title])


def entry_types(bank: Bank, skip: Sequence[str] = ("genesis", "policy.changed")) -> list[str]:
    """Return the types of the bank's entries in order."""
    entries = bank.at("engineer").reading_journal().entries()
    return [entry.type.value for entry in entries if entry.type.value not in skip]


def findings() -> list[dict[str, Any]]:
    """Return the findings every bank starts with."""
    return [
        finding("high", severity=3),
        finding("critical", severity=4),
        finding("medium", severity=2),
        finding("low", severity=1, asset="lending-web"),
        finding("done", severity=2, state="fixed", fixed_at=NOW - timedelta(days=1)),
        finding(
            "drop", severity=4, model="fraud", metric="accuracy", asset="fraud",
            pillar="model_validation", onset_at=NOW - timedelta(minutes=9), **{"class": "model"},
        ),
    ]  # fmt: skip


def model_rows() -> dict[str, list[dict[str, Any]]]:
    approved = {"validation_status": "approved"}
    version = {
        "model": "fraud", "status": "READY", "created_at": NOW - timedelta(days=90), "run_id": "",
        "run_user": "", "description": "", "is_approved": True, "is_rolled_back": False,
        "validated_by": "", "tags": approved, "metrics": {}, "params": {}, "datasets": [],
        "artifacts": [], "source_id": "registry", "seen_at": NOW,
    }  # fmt: skip
    reading = {
        "subject_kind": "model", "subject": "fraud", "metric": "accuracy",
        "metric_class": "accuracy", "segment": "", "version": 7, "at": NOW - timedelta(minutes=2),
        "value": 0.81, "unit": "ratio", "threshold": 0.9, "direction": "at_least",
        "is_breach": True, "source_id": "metrics", "seen_at": NOW,
    }  # fmt: skip
    return {
        "model": [
            {
                "name": "fraud", "owner": "payments", "tier": 1, "domain": "payments",
                "purpose": "", "description": "", "tags": {}, "exposure": 240_000,
                "source_id": "registry", "seen_at": NOW,
            }
        ],
        "model_version": [
            {**version, "version": 4},
            {**version, "version": 5, "is_rolled_back": True},
            {**version, "version": 6},
            {**version, "version": 7},
        ],
        "model_alias": [
            {
                "model": "fraud", "alias": "champion", "version": 7,
                "since": NOW - timedelta(days=3), "source_id": "registry", "seen_at": NOW,
            }
        ],
        "reading": [reading, {**reading, "version": 6, "value": 0.93, "is_breach": False}],
    }  # fmt: skip
