"""The homes a cockpit has been in since it was started, so that what led away leads back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from riskcockpit.config.paths import Paths

BACK = "back"
"""What the way back is called when both homes have one name."""


@dataclass(slots=True)
class Homes:
    """Homes by their directory, and the contexts that are known in each beside its own."""

    here: str
    """The directory of the home that is open."""
    _places: dict[str, Paths] = field(default_factory=dict)
    _known: dict[str, Mapping[str, str]] = field(default_factory=dict)

    @classmethod
    def at(cls, paths: Paths) -> Homes:
        """Begin in a home; it may lie in several directories."""
        parent = paths.config.parent
        is_one = (paths.config, paths.cache) == (Paths.under(parent).config, parent / "cache")
        here = str(parent if is_one else paths.config)
        return cls(here, {here: Paths.under(parent) if is_one else paths}, {here: {}})

    def place(self, home: str) -> Paths:
        """Return where the parts of a home are."""
        return self._places.get(home) or Paths.under(Path(home))

    def contexts(self, name: str, own: Mapping[str, str]) -> dict[str, str]:
        """Return all contexts of the home that is open: those of its settings, and the others.

        `name` is what it is called itself; `own`, of its settings, go before the others.
        """
        taken = {self.here, *own.values()}
        others = {
            each: home
            for each, home in self._known.get(self.here, {}).items()
            if home not in taken and each != name
        }
        return others | dict(own)

    def leave_for(self, home: str, name: str, contexts: Mapping[str, str], new_name: str) -> None:
        """Go to another home; what is known here, and the way back to here, is known there.

        `name` and `contexts` are those of here, `new_name` is what the other one calls itself. A
        home that was left once knows what it knew then.
        """
        way_back = name if name != new_name else BACK
        self._known.setdefault(home, {**contexts, way_back: self.here})
        self.here = home
