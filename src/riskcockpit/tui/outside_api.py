"""What the cockpit asks of the floors below when something leaves it; part of `api.GatewayApi`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol


class OutsideApi(Protocol):
    """Syncs, files for an editor, and the log of what was given out."""

    def sync(self, names: Sequence[str]) -> str:
        """Pull these sources, or all of them; return what came of it in a sentence.

        Raises:
            InputError: there is no source.
            UnavailableError: it failed as a whole.
        """
        ...

    def hand_over(self, kind: str, subject: str, way: str, text: str) -> None:
        """Write into the action log that a text is given out: `copy` or `open`.

        Raises:
            StoreError: it cannot be written; then nothing may be given out.
        """
        ...

    def locate(self, asset: str, path: str) -> Path:
        """Return the file of a finding inside the checkout of its asset.

        Raises:
            InputError: there is no checkout, or no such file in it; the hint says what to set.
        """
        ...
