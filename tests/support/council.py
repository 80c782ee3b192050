"""People in front of one ledger without a cache: what is made of what they sign."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from riskcockpit.decisions.project import Projection
from riskcockpit.decisions.roles import Deed
from riskcockpit.decisions.waivers import WaiverState
from riskcockpit.domain.decision import EntryType
from riskcockpit.domain.severity import Severity
from riskcockpit.ledger.chain import Entry
from riskcockpit.ledger.journal import Journal
from riskcockpit.services.context import Context
from riskcockpit.services.desk import Desk
from riskcockpit.services.record import examined, projected
from support.caches import NOW
from support.deciding import WHY, Bank
from support.quick_signer import QuickSigner

LATER = NOW + timedelta(days=20)


@dataclass
class Council(Bank):
    """A bank whose people sign quickly."""

    extra: str = ""
    """More lines of the roles file, before its rules."""

    def begin(self) -> None:
        """Hire everybody and put the first policy in force."""
        self.hire()
        desk = Desk(self.at(next(iter(self.roles))))
        desk.change_policy("policy/roles.yaml")
        desk.change_policy("allowed_signers")

    def write_roles(self, edit: Any = str) -> None:
        """Write the shipped roles with what is extra here."""
        super().write_roles(lambda text: edit(text.replace("rules:\n", f"{self.extra}rules:\n", 1)))

    def journal(self, name: str, key: Path | None = None) -> Journal:
        """Open the journal of somebody, signing with their key or another."""
        ctx = self.at(name)
        signer = QuickSigner.open(key or ctx.key, self.ledger / "allowed_signers", name)
        return Journal(self.ledger, self.clock, signer, ctx.host)

    def ask(self, name: str, severity: str = "high", **more: Any) -> Entry:
        """Sign a request for a waiver over one finding."""
        desk = Desk(self.at(name))
        rule = desk.permit(Deed.WAIVE, Severity.from_word(severity) or Severity.INFO)
        return self.journal(name).append(
            EntryType.WAIVER_REQUESTED, {**terms(severity), **desk.grounds(rule), **more}
        )

    def approve(
        self,
        name: str,
        request: Entry | str,
        *,
        key: Path | None = None,
        grounds: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> Entry:
        """Sign an approval as somebody's own tool could, whatever the rules say."""
        named = request if isinstance(request, str) else request.hash
        grounds = self.grounds(name) if grounds is None else grounds
        data = {"request": named, "comment": "", **grounds, **more}
        return self.journal(name, key).append(EntryType.APPROVAL_GRANTED, data)

    def grounds(self, name: str) -> dict[str, Any]:
        """Return grounds that name the policy in force."""
        desk = Desk(self.at(name))
        return {
            "rule": "waive-four-eyes", "policy": desk.roles.digest, "context": "bank",
            "production": self.is_production,
        }  # fmt: skip

    def meaning(self, now: datetime | None = None) -> Projection:
        """Return what the ledger means to everybody."""
        ctx: Context = self.at(next(iter(self.roles)))
        return projected(ctx, examined(ctx), now or self.clock.at)

    def state(self, request: Entry, now: datetime | None = None) -> WaiverState:
        """Return what became of a request."""
        found = self.meaning(now).waiver(request.hash)
        assert found is not None
        return found.state


def terms(severity: str = "high", until: datetime = LATER) -> Mapping[str, Any]:
    """Return the terms of a waiver over one finding."""
    return {
        "reason": "risk_accepted", "justification": WHY, "query": "", "severity": severity,
        "expires_at": f"{until:%Y-%m-%dT%H:%M:%SZ}", "findings": {"f" * 20: severity},
        "count": 1, "kev": [],
    }  # fmt: skip
