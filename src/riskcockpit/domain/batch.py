"""What a connector hands over, in batches with a cursor: raw documents and facts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from riskcockpit.domain.configuration import Setting
from riskcockpit.domain.deployment import Deployment
from riskcockpit.domain.model import RegisteredModel
from riskcockpit.domain.reading import Reading


@dataclass(frozen=True, slots=True)
class Document:
    """The bytes of a report, still to be read by a format."""

    name: str
    """A path or URL, for messages; never used to guess the format."""
    content: bytes
    asset: str = ""
    category: str = ""
    modified_at: datetime | None = None
    """Aware UTC; stands in for the scan time when the report has none."""
    is_page: bool = False
    """Holds a part of a listing only: findings missing from it are closed when all pages of a
    complete, whole pass are known to lack them, never by one page alone."""
    is_complete: bool | None = None
    """Whether the source gave all there is of its scope; None: as the report says."""


Fact = RegisteredModel | Reading | Deployment | Setting
"""What needs no format."""
Item = Document | Fact


@dataclass(frozen=True, slots=True)
class Coverage:
    """How complete a pass over an upstream system was."""

    pages: int = 0
    rows: int = 0
    is_truncated: bool = False
    """A cap was hit, or a page could not be read: nothing may be closed by this pass."""
    note: str = ""
    expected: int = 0
    """How many rows the whole pass will have, when the source says so; 0: nobody knows."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows and the cursor that goes with them; both are committed in one publish."""

    items: tuple[Item, ...]
    cursor: str = ""
    """Where to go on next time; opaque to everybody but its connector."""
    is_complete: bool = False
    """This batch ends the pass; without one the pass counts as broken off."""
    coverage: Coverage = Coverage()
    is_whole: bool = False
    """Pages of this pass hold every record of the source, not only what changed since the cursor:
    what is missing from them is gone. The last batch says so for the whole pass."""
