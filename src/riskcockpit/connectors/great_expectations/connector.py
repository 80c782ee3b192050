"""Results of Great Expectations as a source: what was measured of data sets, as readings."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from riskcockpit.connectors.great_expectations.mapping import (
    Checkpoint,
    Validation,
    dataset_of,
    readings,
    validations,
)
from riskcockpit.connectors.own_readings import Measured
from riskcockpit.connectors.result_files import ResultFiles, decode, subject_of
from riskcockpit.connectors.watched import Changed
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import FormatError

_WHAT = "validation result of Great Expectations"


class GreatExpectationsConnector(ResultFiles):
    """The validation results of one source."""

    kind: ClassVar[str] = "great_expectations"

    def read(self, changed: Changed) -> Measured:
        """See `ResultFiles.read`."""
        found: list[Measured] = []
        for validation in _validations(changed.content):
            subject = subject_of(changed, self._options, dataset_of(validation))
            found.append(readings(validation, subject, changed.modified_at))
        return Measured(
            tuple(reading for part in found for reading in part.readings),
            tuple(note for part in found for note in part.notes),
            any(part.is_partial for part in found),
        )


def _validations(content: bytes) -> tuple[Validation, ...]:
    if b'"run_results"' in content:
        try:
            return tuple(validations(decode(content, Checkpoint, _WHAT)))
        except msgspec.ValidationError as error:
            raise FormatError(f"no {_WHAT}: {clean_line(str(error))}") from error
    return (decode(content, Validation, _WHAT),)
