"""Compliance: from a framework to the rows behind a verdict, as a tree and as a matrix."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from riskcockpit.tui.evidence_lines import openable, summary, tree_lines
from riskcockpit.tui.messages import Place
from riskcockpit.tui.screens.compliance import ComplianceScreen
from support import fake_gateway
from support.bank_compliance import frameworks
from support.fake_gateway import FakeGateway
from support.piloting import opened, press, seen, settle, strips


def names(*keys: str, only_faults: bool = False) -> list[str]:
    lines = tree_lines(frameworks(), frozenset(keys), only_faults=only_faults)
    return [line.name for line in lines]


def test_a_tree_shows_what_lies_under_open_lines_only() -> None:
    assert names() == ["dora", "sr-26-2"]
    assert names("sr-26-2")[1:] == [
        "sr-26-2", "Principles", "validation and monitoring", "development and use",
    ]  # fmt: skip
    requirement = "sr-26-2/Principles/validation and monitoring"
    assert "models.telemetry-fresh" in names("sr-26-2", requirement)


def test_only_what_lacks_something_leaves_out_the_present_and_what_people_judge() -> None:
    shown = names("dora", "sr-26-2", only_faults=True)
    assert shown == [
        "dora", "ICT risk management", "6", "9(2)", "10", "12",
        "sr-26-2", "Principles", "validation and monitoring",
    ]  # fmt: skip


def test_keys_of_lines_are_unique() -> None:
    lines = tree_lines(frameworks(), openable(frameworks()), only_faults=False)
    assert len({line.key for line in lines}) == len(lines)


async def test_the_tree_leads_from_a_framework_to_the_rows_behind_a_verdict() -> None:
    async with opened(None, "c", "right") as (app, pilot):
        text = seen(app)
        for words in ("7 requirements: 3 present, 2 stale, 1 absent, 1 not automated",
                      "2 of 5 present, 2 fail", "stale", "absent", "manual"):  # fmt: skip
            assert words in text, words
        assert "compliant" not in text
        await press(pilot, *"jjjj", "right", "right", "enter")
        assert app.place == Place("control", "models.champion-approved", Place("compliance"))
        text = seen(app)
        for words in ("Champions are validated and approved", "ALARM", "24 h old at most",
                      "$max_days", "decided in the model board", "v9 serves without an approval",
                      "alarm, waived", "sr-26-2"):  # fmt: skip
            assert words in text, words
        assert text.index("v9 serves") < text.index("v7 approved"), "what fails comes first"
        await press(pilot, "G")
        assert "WHERE NOT is_approved" in seen(app)
        await press(pilot, "escape", "left")
        assert app.place.kind == "compliance"
        screen = app.screen
        assert isinstance(screen, ComplianceScreen)
        assert screen.requirements.row is not None
        assert screen.requirements.row.name == "6", "left goes to the line above"
        await press(pilot, "left", "left", "left")
        assert "ICT risk management" not in seen(app)


async def test_the_matrix_counts_parts_and_leads_back_into_the_tree() -> None:
    async with opened(None, "c", "T", size=(80, 24)) as (app, pilot):
        text = seen(app)
        assert "ICT risk management" in text
        assert "not auto" in text
        screen = app.screen
        assert isinstance(screen, ComplianceScreen)
        await press(pilot, "j", "enter")
        assert screen.requirements.row is not None
        assert screen.requirements.row.name == "ICT risk management"
        await press(pilot, "!")
        assert "only what lacks something" in seen(app)
        assert "Governance" not in seen(app)
        await press(pilot, "escape")
        assert "only what lacks something" not in seen(app)
        await press(pilot, "escape")
        assert app.place.kind == "overview"


async def test_everything_opens_and_closes_and_the_cursor_stays_on_its_line() -> None:
    async with opened(None, "c", "j", "E") as (app, pilot):
        screen = app.screen
        assert isinstance(screen, ComplianceScreen)
        assert screen.requirements.row is not None
        assert screen.requirements.row.name == "sr-26-2"
        assert screen.requirements.total == 20
        await press(pilot, "E")
        assert screen.requirements.total == 2
        app.run_command("compliance dora")
        await settle(pilot)
        assert screen.requirements.row.name == "dora"
        assert screen.requirements.total == 9
        app.run_command("control data.checks")
        await settle(pilot)
        assert "Data checks pass" in seen(app)


@pytest.mark.parametrize("keys", [("c", "E"), ("c", "E", "T")], ids=["tree", "matrix"])
async def test_hostile_frameworks_break_no_line(keys: tuple[str, ...]) -> None:
    gateway: FakeGateway = fake_gateway.hostile()
    async with opened(gateway, *keys, *"jjj", size=(100, 30)) as (app, _):
        assert {sum(cell_len(part.text) for part in strip) for strip in strips(app)} == {100}
        assert app.is_running


def test_the_sentence_over_hundreds_of_requirements_fits_80_columns() -> None:
    (view, *_) = FakeGateway().compliance()
    said = summary([view] * 60)
    assert "requirements: " in said
    assert len(said) < 80, said
