"""Results of NannyML as a source: estimated performance and drift as readings, chunk by chunk."""

from __future__ import annotations

from typing import ClassVar, cast

from riskcockpit.connectors.nannyml.mapping import About, readings
from riskcockpit.connectors.nannyml.table import rows
from riskcockpit.connectors.own_readings import Measured
from riskcockpit.connectors.result_files import ModelResultOptions, ResultFiles, subject_of
from riskcockpit.connectors.watched import Changed


class NannymlOptions(ModelResultOptions, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The `options` of a source of kind `nannyml`."""

    column_metric: str = "column_check"
    """What is measured of columns by the data quality calculators, as `missing_values`: their
    exports do not say."""


class NannymlConnector(ResultFiles):
    """The exported results of one source."""

    kind: ClassVar[str] = "nannyml"
    options: ClassVar[type[NannymlOptions]] = NannymlOptions
    suffixes: ClassVar[tuple[str, ...]] = (".csv", ".json", ".parquet")

    def read(self, changed: Changed) -> Measured:
        """See `ResultFiles.read`."""
        options = cast("NannymlOptions", self._options)
        about = About(
            options.subject_kind,
            subject_of(changed, options),
            options.version,
            options.column_metric,
            changed.modified_at,
        )
        return readings(rows(changed.content), about)
