"""Results of Soda as a source: what its checks measured, as readings of data sets."""

from __future__ import annotations

from typing import ClassVar

from riskcockpit.connectors.own_readings import Measured
from riskcockpit.connectors.result_files import ResultFiles, decode, subject_of
from riskcockpit.connectors.soda.mapping import ScanResults, readings
from riskcockpit.connectors.watched import Changed


class SodaConnector(ResultFiles):
    """The scan results of one source."""

    kind: ClassVar[str] = "soda"

    def read(self, changed: Changed) -> Measured:
        """See `ResultFiles.read`."""
        scan = decode(changed.content, ScanResults, "scan result of Soda")
        return readings(scan, subject_of(changed, self._options), changed.modified_at)
