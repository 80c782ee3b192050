"""The door to the services, over a real home."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator

import pytest

from riskcockpit.config.paths import Paths
from riskcockpit.domain.finding import State
from riskcockpit.errors import ConfigError, QueryError, UnknownNameError
from riskcockpit.services.context import Context
from riskcockpit.services.importing import ImportOptions, import_reports
from riskcockpit.tui.gateway import Gateway
from riskcockpit.tui.preferences import check, faults_of_views
from riskcockpit.views.compliance import EvidenceState


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> Paths:
    """A home with one finding."""
    home = tmp_path_factory.mktemp("gateway")
    paths = Paths.under(home / "home")
    paths.config.mkdir(parents=True)
    report = home / "report.json"
    found = {"title": "SQL injection", "severity": "High", "file_path": "a.py", "line": 3}
    report.write_text(json.dumps({"findings": [found]}), encoding="utf-8")
    import_reports(Context.open(paths), [report], ImportOptions(asset="payments"))
    return paths


@pytest.fixture
def gateway(paths: Paths) -> Iterator[Gateway]:
    opened = Gateway(Context.open(paths))
    yield opened
    opened.close()


def test_the_screens_get_evidence_controls_scenarios_and_names(gateway: Gateway) -> None:
    frameworks = gateway.compliance()
    states = {one.state for view in frameworks for one in view.requirements}
    assert states <= set(EvidenceState)
    names = gateway.names()
    assert {view.id for view in frameworks} == set(names.frameworks)
    assert names.values == {}
    assert "payments" in gateway.query_values()["asset"]
    control = gateway.control(names.controls[0])
    assert "SELECT" in control.sql.upper()
    with pytest.raises(UnknownNameError):
        gateway.control("nosuch")
    assert gateway.scenarios().scenarios
    (kev,) = (one for one in gateway.query_fields if one.name == "kev")
    assert kev.is_flag
    assert next(one for one in gateway.query_fields if one.name == "age").is_ordered


def test_views_drafts_and_commands_are_kept(gateway: Gateway) -> None:
    gateway.save_view("mine", "asset:payments state:open")
    assert gateway.names().views["mine"] == "asset:payments state:open"
    found = gateway.open_findings("@mine")
    assert found.total == 1
    assert gateway.page(found, 0, 1).rows[0].state is State.OPEN
    gateway.forget_view("mine")
    with pytest.raises(QueryError):
        gateway.open_findings("@mine")
    gateway.keep_draft("note:x", {"text": "a"})
    gateway.remember_command("models")
    assert gateway.draft("note:x") == {"text": "a"}
    assert gateway.commands() == ("models",)


def test_settings_are_taken_as_they_change_and_the_old_stay_when_they_are_wrong(
    gateway: Gateway, paths: Paths
) -> None:
    before = gateway.pulse()
    assert gateway.about.theme == "dark"
    paths.settings.write_text(
        "context: {name: prod-bank, production: true}\ncockpit:\n  theme: light\n"
        "  contexts: {test: ../other}\n",
        encoding="utf-8",
    )
    os.chmod(paths.settings, 0o600)  # noqa: PTH101 - the mode is what matters
    changed = gateway.pulse()
    assert changed.settings != before.settings
    assert changed.generation == before.generation
    about = gateway.reload()
    assert (about.context, about.theme, about.colour) == ("prod-bank", "light", "red")
    assert about.contexts == {"test": str(paths.config.parent / "other")}
    assert gateway.open_findings("").total == 1
    paths.settings.write_text("cockpit:\n  thema: light\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"riskcockpit\.yaml"):
        gateway.reload()
    assert gateway.about.theme == "light"
    paths.settings.write_text("cockpit:\n  theme: solarized\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"line 2: no theme"):
        check(gateway.reload())
    paths.settings.write_text(
        "cockpit:\n  views:\n    late: age>48h\n    mine: sevrity:high\n    self: '@self'\n",
        encoding="utf-8",
    )
    fault, _ = faults_of_views(gateway.reload(), gateway.faulty_views())
    assert "line 4: view mine: unknown field 'sevrity'" in fault.message
    assert set(gateway.faulty_views()) == {"mine", "self"}
    with pytest.raises(ConfigError, match="no riskcockpit home"):
        gateway.check_home(str(paths.config / "nowhere"))
    paths.settings.unlink()


def test_settings_that_vanish_leave_those_of_before_in_force(paths: Paths) -> None:
    paths.settings.write_text("context: {name: prod-bank, production: true}\n", encoding="utf-8")
    gateway = Gateway(Context.open(paths))
    paths.settings.unlink()
    with pytest.raises(ConfigError, match="is gone"):
        gateway.reload()
    assert (gateway.about.context, gateway.about.is_production) == ("prod-bank", True)
    gateway.close()
