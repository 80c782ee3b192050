"""What a person may do to something now, and why not."""

from __future__ import annotations

from dataclasses import dataclass

LAST = "@last"
"""In the place of a subject: this person's last decision, for `undo`."""


@dataclass(frozen=True, slots=True)
class Permission:
    """One thing that could be done, as a key of the cockpit is lit or grey."""

    deed: str
    """`waive`, `revoke`, `renew`, `approve`, `reject`, `rollback`, `promote`, `undo` or
    `note`, which acknowledges, too."""
    why_not: str
    """Why it cannot be done; empty when it can be asked for at least."""
    rule: str
    """Which rule allows or refuses it; empty when it is no rule that refuses."""
    needs: tuple[str, ...] = ()
    """Whose keys it takes beside one's own, one sentence each."""

    @property
    def is_allowed(self) -> bool:
        """Whether this person may do it, or ask for it."""
        return not self.why_not
