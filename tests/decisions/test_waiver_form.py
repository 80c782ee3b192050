"""Waivers as text: what a form says, and what it refuses by its line."""

from __future__ import annotations

import pytest

from riskcockpit.decisions.waiver_form import FIELDS, read_form, write_form
from riskcockpit.errors import InputError

COMPENSATED = {
    "findings": "asset:lending-web severity:high",
    "reason": "compensating_control",
    "justification": "The gateway refuses these calls.\nUntil the release of next week.",
    "expires": "30d",
    "constraint": "The release train is frozen",
    "objective": "No call reaches the route",
    "objective_met": "The gateway drops the same calls",
    "additional_risk": "A second way in; closed by the network",
    "controls": "gateway-closed, waf-on",
    "validation": "Called from outside",
    "last_tested": "2026-02-27",
    "next_test": "2026-03-27",
    "maintenance": "The gateway team, weekly",
}


def test_what_was_written_is_read_again() -> None:
    form = read_form(write_form(COMPENSATED), "form")
    assert form.findings == COMPENSATED["findings"]
    assert form.justification == COMPENSATED["justification"]
    assert form.details["controls"] == ("gateway-closed", "waf-on")
    assert {"constraint", "next_test", "maintenance"} <= set(form.details)
    assert "ticket" not in form.details


def test_each_field_is_explained_above_itself() -> None:
    lines = write_form({}).splitlines()
    for name in FIELDS:
        at = lines.index(f"{name}:")
        assert lines[at - 1].startswith("# "), name


@pytest.mark.parametrize("missing", ["findings", "expires", "constraint", "controls", "next_test"])
def test_what_is_incomplete_is_refused_by_its_line(missing: str) -> None:
    text = write_form({**COMPENSATED, missing: ""})
    line = text.splitlines().index(f"{missing}:") + 1
    with pytest.raises(InputError, match=f"form: line {line}: {missing} is empty") as caught:
        read_form(text, "form")
    assert caught.value.hint == FIELDS[missing]


def test_only_a_compensating_control_needs_its_worksheet() -> None:
    known = {key: COMPENSATED[key] for key in ("findings", "justification", "expires")}
    assert read_form(write_form({**known, "reason": "risk_accepted"}), "form").details == {}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("ownr: me", "line 2: unknown field"),
        ("just text", "line 2 is no field"),
        ("  an indented start", "line 2 is no field"),
        ("reason: a\nreason: b", 'line 3: "reason" stands in line 2'),
        ("reason: risky\nfindings: x\njustification: y\nexpires: 1d", "line 2: unknown reason"),
    ],
)
def test_a_mistake_is_named_by_its_line(change: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_form(f"# a form\n{change}\n", "form")
