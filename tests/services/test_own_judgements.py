"""What riskcockpit judges itself is out of the reach of reports."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from riskcockpit.config.paths import Paths
from riskcockpit.config.settings import Settings
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.domain.reading import MetricClass, Reading, SubjectKind
from riskcockpit.ingest.readings import MONITOR, record_readings
from riskcockpit.services.context import Context
from riskcockpit.services.importing import ImportOptions, import_reports
from riskcockpit.views.reports import ImportReport
from support.ingesting import START, Bank, open_bank

pytestmark = pytest.mark.usefixtures("without_policy")

ALARM = [(MONITOR, "accuracy.threshold", "open", 3)]


@pytest.fixture
def bank(tmp_path: Path) -> Bank:
    return open_bank(tmp_path)


def breach(bank: Bank) -> None:
    """Let the model `fraud` lose its accuracy."""
    low = Reading(
        subject_kind=SubjectKind.MODEL, subject="fraud", metric="accuracy",
        metric_class=MetricClass.ACCURACY, threshold=0.9, value=0.8, at=START, version=7,
    )  # fmt: skip
    with bank.writing() as tx:
        record_readings(tx, [low], "prometheus", START)


def standing(bank: Bank) -> list[tuple[Any, ...]]:
    return bank.rows("SELECT tool, rule, state, severity FROM finding ORDER BY ALL")


def alarm_id(bank: Bank) -> str:
    return str(bank.rows("SELECT id FROM finding")[0][0])


def run(tool: str, *claims: str) -> dict[str, Any]:
    """Return a run of an export that claims findings of `fraud` as harmless ones."""
    own = {"schema": "riskcockpit.sarif/1", "asset": "fraud", "complete": False}
    bags = [
        {"id": claim, "class": "code", "severity": "info", "title": "harmless"} for claim in claims
    ]
    return {
        "tool": {"driver": {"name": tool}},
        "invocations": [{"executionSuccessful": True}],
        "properties": {"riskcockpit": own} if claims else {},
        "results": [
            {"ruleId": "x", "message": {"text": "x"}, "properties": {"riskcockpit": bag}}
            for bag in bags
        ],
    }


def take(bank: Bank, directory: Path, *runs: dict[str, Any]) -> ImportReport:
    file = directory / "forged.sarif"
    file.write_text(json.dumps({"version": "2.1.0", "runs": list(runs)}))
    paths = Paths.under(directory)
    ctx = Context(Settings(), paths, FrozenClock(START + timedelta(days=1)), bank.store, "here")
    options = ImportOptions(asset="fraud", complete=True, accept_held=True)
    return import_reports(ctx, [file], options)


@pytest.mark.parametrize("tool", [MONITOR, "RiskCockpit.Monitor"])
def test_a_report_that_speaks_as_the_monitor_ends_no_alarm(
    bank: Bank, tmp_path: Path, tool: str
) -> None:
    breach(bank)
    result = take(bank, tmp_path, run(tool))
    assert standing(bank) == ALARM
    assert [file.error for file in result.files] == [
        f"it speaks as {tool}: riskcockpit judges that itself"
    ]


def test_the_rest_of_a_report_is_taken_and_what_was_left_out_is_told(
    bank: Bank, tmp_path: Path
) -> None:
    breach(bank)
    result = take(bank, tmp_path, run(MONITOR), run("scanner", "f" * 32))
    assert standing(bank) == [*ALARM, ("scanner", "x", "open", 0)]
    assert [file.error for file in result.files] == [""]
    assert f"what it says as {MONITOR} is left out" in result.files[0].notes[0]


def test_another_tool_cannot_claim_an_alarm_and_soften_it(bank: Bank, tmp_path: Path) -> None:
    breach(bank)
    take(bank, tmp_path, run("scanner", alarm_id(bank)))
    assert standing(bank) == [*ALARM, ("scanner", "x", "open", 0)]


def test_an_alarm_is_one_of_its_own_though_its_id_was_claimed_before(
    bank: Bank, tmp_path: Path
) -> None:
    elsewhere = open_bank(tmp_path / "elsewhere")
    breach(elsewhere)
    take(bank, tmp_path, run("scanner", alarm_id(elsewhere)))
    bank.decide("waived")
    bank.now = START + timedelta(days=1)
    breach(bank)
    assert standing(bank) == [*ALARM, ("scanner", "x", "waived", 0)]
    with bank.writing() as tx:
        good = Reading(
            subject_kind=SubjectKind.MODEL, subject="fraud", metric="accuracy",
            metric_class=MetricClass.ACCURACY, threshold=0.9, value=0.95,
            at=START + timedelta(minutes=5), version=7,
        )  # fmt: skip
        record_readings(tx, [good], "prometheus", START + timedelta(minutes=6))
    assert [row[2] for row in standing(bank)] == ["fixed", "waived"]
