"""`trace` as scripts and people see it: a list, a tree, documents, exit codes, hostile text."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from riskcockpit.cli.trace import _ids
from riskcockpit.domain.deployment import Answer, Approval, Deployment, DeploymentStatus
from riskcockpit.domain.untrusted import DANGEROUS
from riskcockpit.ingest.deployments import record_deployments
from riskcockpit.services.context import Context
from riskcockpit.services.judging import settle
from support.cli import Ran, invoke

SCHEMAS = Path(__file__).resolve().parents[2] / "docs/schemas"
HOSTILE = "[@click=app.quit]x[/] \x1b]52;c;ZXZpbA==\x07 \u202eevil <b>|</b>"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with two deployments to production: one hostile, one of which nothing is known."""
    home = tmp_path_factory.mktemp("trace")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RISKCOCKPIT_HOME", str(home))
        ctx = Context.open()
        now = ctx.clock.now()
        at = now - timedelta(hours=1)
        one = Deployment(
            "pay#1", "payments", "production", DeploymentStatus.SUCCEEDED, at, commit="a" * 40,
            ref=HOSTILE, pipeline="77", actor=HOSTILE, finished_at=at,
            approvals=(Approval("1", "risk", Answer.APPROVED),),
        )  # fmt: skip
        later = at + timedelta(minutes=1)
        bare = Deployment("cards#1", "cards", "production", DeploymentStatus.FAILED, later)
        with ctx.store.writer() as tx:
            record_deployments(tx, [one, bare], "gh", now)
            settle(ctx, tx, now)
    return home


@pytest.fixture(autouse=True)
def bank(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sit down at that home."""
    monkeypatch.setenv("RISKCOCKPIT_HOME", str(made))


def document(ran: Ran, name: str) -> dict[str, Any]:
    """The one JSON document on stdout, valid by its schema."""
    assert ran.code == 0, ran.err
    found: dict[str, Any] = json.loads(ran.out)
    schema = json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
    jsonschema.validate(found, schema)
    return found


def test_without_a_name_the_deployments_to_production_are_listed() -> None:
    ran = invoke("trace")
    assert ran.code == 0
    head, first, second = ran.out.splitlines()
    assert head.split()[:3] == ["id", "traceable", "asset"]
    assert first.split()[1:4] == ["n", "cards", "production"]
    assert first.endswith("commit, pipeline, scans, approval")
    assert second.endswith("scans")
    assert "2 deployments to production, 2 not traceable" in ran.err
    rows = document(invoke("trace", "--json"), "traces")["deployments"]
    assert [(row["asset"], row["traceable"], len(row["gaps"])) for row in rows] == [
        ("cards", False, 4), ("payments", False, 1),
    ]  # fmt: skip
    assert invoke("trace", "--format", "csv").out.startswith("id,traceable,asset")
    assert invoke("trace", "--format", "markdown").out.startswith("| id | traceable |")


def test_one_is_shown_as_a_tree_with_its_gaps_named() -> None:
    ran = invoke("trace", "cards@production")
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert lines[0].startswith("deployment ")
    assert "cards to production, failed at" in lines[0]
    assert lines[0].endswith(": 4 gaps")
    assert lines[1] == "├─ commit"
    assert lines[2].startswith("│  └─ GAP no commit recorded: let the pipeline record what it")
    assert "└─ previous none is known" in lines[-1]
    id_ = lines[0].split()[1]
    assert invoke("trace", id_).out == ran.out
    found = document(invoke("trace", id_[:6], "--json"), "trace")
    assert found["id"].startswith(id_)
    assert [gap["link"] for gap in found["gaps"]] == ["commit", "pipeline", "scans", "approval"]


def test_an_asset_alone_is_enough_where_it_has_one_place_and_the_nearest_is_named() -> None:
    assert invoke("trace", "cards").out == invoke("trace", "cards@production").out
    ran = invoke("trace", "payment@production")
    assert ran.code == 2
    assert 'did you mean "payments@production"?' in ran.err


def test_foreign_text_is_harmless_in_every_form() -> None:
    for form in ("table", "markdown", "json"):
        out = invoke("trace", "payments@production", "--format", form).out
        assert not DANGEROUS & set(map(ord, out.replace("\n", ""))), form
    markdown = invoke("trace", "payments@production", "--format", "markdown").out
    assert "- **approval**" in markdown
    assert "<b>" not in markdown
    document(invoke("trace", "payments@production", "--json"), "trace")


@pytest.mark.parametrize(
    "arguments",
    [("zzzz",), ("abc",), ("payments@staging",), ("payments@production", "--format", "csv"),
     ("--format", "yaml")],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(arguments: tuple[str, ...]) -> None:
    ran = invoke("trace", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert "error: " in ran.err


def test_ids_and_places_are_completed() -> None:
    assert "payments@production" in _ids("pay")
    (id_,) = (
        name for name in _ids("") if "@" not in name and invoke("trace", name).out.count("cards")
    )
    assert _ids(id_[:5]) == [id_]


def test_an_empty_home_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RISKCOCKPIT_HOME", str(tmp_path))
    ran = invoke("trace")
    assert (ran.code, ran.out) == (0, "")
    assert "no deployment to production is known" in ran.err
    assert document(invoke("trace", "--json"), "traces")["deployments"] == []
    assert invoke("trace", "abcd").code == 2
