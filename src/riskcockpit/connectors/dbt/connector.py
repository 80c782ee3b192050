"""Results of dbt as a source: the failures of its tests as readings of data sets."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from riskcockpit.connectors.dbt.mapping import Manifest, RunResults, readings
from riskcockpit.connectors.own_readings import Measured
from riskcockpit.connectors.result_files import ResultFiles, decode, subject_of
from riskcockpit.connectors.watched import Changed
from riskcockpit.errors import FormatError

MANIFEST = "manifest.json"
MAX_MANIFEST_BYTES = 268_435_456
_WHAT = "run_results.json of dbt"


class DbtConnector(ResultFiles):
    """The run results of one source; a manifest beside them says tables and columns."""

    kind: ClassVar[str] = "dbt"
    suffixes: ClassVar[tuple[str, ...]] = ("run_results.json",)

    def read(self, changed: Changed) -> Measured:
        """See `ResultFiles.read`."""
        results = decode(changed.content, RunResults, _WHAT)
        if "/run-results/" not in results.metadata.dbt_schema_version:
            raise FormatError(f"no {_WHAT}: another artefact of dbt")
        nodes = _nodes(changed.found.path.with_name(MANIFEST), changed.found.root)
        project = next(
            (r.unique_id.split(".")[1] for r in results.results if "." in r.unique_id), ""
        )
        return readings(
            results, nodes, subject_of(changed, self._options, project), changed.modified_at
        )


def _nodes(path: Path, root: Path) -> Mapping[str, Any]:
    """Return the nodes of the manifest beside the results; empty without one that can be read."""
    try:
        if not path.resolve(strict=True).is_relative_to(root.resolve()) or not path.is_file():
            return {}
        with path.open("rb") as file:
            content = file.read(MAX_MANIFEST_BYTES + 1)
        return (
            decode(content, Manifest, MANIFEST).nodes if len(content) <= MAX_MANIFEST_BYTES else {}
        )
    except (OSError, FormatError):
        return {}
