"""Read models of `sources add` and `sources test`."""

from __future__ import annotations

from dataclasses import dataclass

from riskcockpit.views.setup import Check, CheckState


@dataclass(frozen=True, slots=True)
class OptionField:
    """One option of a kind of source."""

    name: str
    type: str
    """As people say it: `text`, `number`, `yes or no`, `list`, `mapping`, or the words it may be.
    """
    default: str
    """As YAML; empty when it must be given, or is empty."""
    is_required: bool
    help: str
    """What it means; empty when its connector does not say."""


@dataclass(frozen=True, slots=True)
class SourceTest:
    """What a try of one source came to."""

    name: str
    kind: str
    checks: tuple[Check, ...]

    @property
    def is_ok(self) -> bool:
        """Whether nothing failed."""
        return all(check.state is not CheckState.FAIL for check in self.checks)


@dataclass(frozen=True, slots=True)
class SourceAdded:
    """A source that was written into the settings."""

    name: str
    kind: str
    file: str
    block: str
    """The lines that were added."""
