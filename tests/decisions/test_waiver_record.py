"""What a waiver's entry has to hold: any doubt, and it is not read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from riskcockpit.decisions.waivers import read_terms
from support.council import terms

RECORD: Mapping[str, Any] = {
    "treatment": "mitigate", "risk_owner": "payments", "review_at": "2026-03-10T00:00:00Z",
    "constraint": "c", "objective": "o", "objective_met": "m", "additional_risk": "r",
    "controls": ["gateway-closed"], "validation": "v", "last_tested": "2026-02-01T00:00:00Z",
    "next_test": "2026-04-01T00:00:00Z", "maintenance": "t",
}  # fmt: skip


def entry(record: Mapping[str, Any] | None, reason: str = "compensating_control") -> dict[str, Any]:
    """The data of a waiver's entry."""
    return {**terms(), "reason": reason, **({} if record is None else {"record": dict(record)})}


def test_what_was_written_is_read_and_written_the_same() -> None:
    data = entry(RECORD)
    read = read_terms(data)
    assert read.record is not None
    assert read.record.controls == ("gateway-closed",)
    assert read_terms(read.as_data()) == read


def test_an_entry_older_than_records_is_read_by_its_terms() -> None:
    assert read_terms(entry(None, "risk_accepted")).record is None


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        ({"review_at": "soon"}, "review_at"),
        ({"review_at": "2027-01-01T00:00:00Z"}, "review_at is not before its end"),
        ({"next_test": "some day"}, "next_test is no moment"),
        ({"treatment": "hope"}, "hope"),
        ({"surprise": 1}, "surprise"),
        ({"controls": []}, "controls is missing"),
        ({"controls": [str(n) for n in range(11)]}, "controls are more than 10"),
        ({"constraint": "c" * 4_001}, "constraint is longer"),
        ({"renewals": 1}, "renewals"),
        ({"renews": "f" * 64}, "renewals"),
    ],
)
def test_a_record_that_contradicts_itself_is_not_read(damage: Mapping[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_terms(entry({**RECORD, **damage}))


def test_a_compensating_control_without_its_record_is_not_read() -> None:
    with pytest.raises(ValueError, match="nothing says what compensates"):
        read_terms(entry(None))


def test_controls_belong_to_compensating_controls_only() -> None:
    with pytest.raises(ValueError, match="controls are named"):
        read_terms(entry(RECORD, "risk_accepted"))
