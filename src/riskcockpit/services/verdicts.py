"""What the controls came to last, for the waivers that rest on them."""

from __future__ import annotations

from riskcockpit.store.database import Reader
from riskcockpit.store.sql import sql


def verdicts_of(reader: Reader) -> dict[str, str]:
    """Return control → its latest verdict, as a word of `domain.control.Verdict`."""
    return dict(reader.rows(sql("services", "waiver_verdicts")))
