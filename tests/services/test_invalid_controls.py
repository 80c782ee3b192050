"""A control whose file cannot be read: nothing else stops, and everybody sees it."""

from __future__ import annotations

from pathlib import Path

import pytest

from riskcockpit.domain.control import Verdict
from riskcockpit.domain.kpi import KpiState
from riskcockpit.errors import ConfigError
from riskcockpit.services import governance
from riskcockpit.services.alerts import alerts
from riskcockpit.services.compliance import compliance
from riskcockpit.services.context import Context
from riskcockpit.services.doctor import examine
from riskcockpit.services.governance import (
    check_controls,
    control,
    controls,
    new_control,
    run_controls,
)
from riskcockpit.services.judging import judge
from riskcockpit.services.posture import posture
from riskcockpit.views.setup import CheckState
from support.caches import NOW, context


@pytest.fixture
def home(tmp_path: Path) -> Context:
    """A home with a control of its own."""
    ctx = context(tmp_path)
    new_control(ctx.paths, "own-thing", "own")
    return ctx


def publish(ctx: Context) -> None:
    """Judge and publish."""
    with ctx.store.writer() as tx:
        judge(ctx, tx, NOW)


def spoil(ctx: Context, old: str = "severity:", new: str = "severty:") -> Path:
    """Make the file of the control wrong; return it."""
    file = ctx.paths.config / "controls" / "own" / "own-thing.yaml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    return file


def verdicts(ctx: Context) -> dict[str, str]:
    """Return control → verdict."""
    return {view.id: view.verdict for view in controls(ctx)}


def test_it_is_seen_everywhere_from_at_once_until_it_is_mended(home: Context) -> None:
    publish(home)
    before = next(view for view in controls(home) if view.id == "own-thing")
    count = len(controls(home))
    file = spoil(home)
    for is_published in (False, True):
        if is_published:
            publish(home)
        first = controls(home)[0]
        assert (first.id, first.verdict) == ("own-thing", Verdict.CONFIG_INVALID.value)
        assert (first.title, first.severity) == (before.title, before.severity)
        assert str(file) in first.message
        assert 'unknown key "severty"' in first.message
        assert 'did you mean "severity"?' in first.message
        assert len(controls(home)) == count

    pillar = {p.pillar.value: p for p in posture(home).pillars}[before.pillar]
    assert pillar.failing_controls >= 1
    assert pillar.state is not KpiState.OK
    told = {row.key: row for row in alerts(home)}["control:own-thing"]
    assert "severty" in told.detail
    spoken = [
        each.verdict
        for framework in compliance(home)
        if framework.id in before.frameworks
        for requirement in framework.requirements
        if requirement.id in before.frameworks[framework.id]
        for each in requirement.controls
        if each.id == "own-thing"
    ]
    assert set(spoken) == {"config_invalid"}
    result = run_controls(home)[0]
    assert (result.control_id, result.verdict) == ("own-thing", Verdict.CONFIG_INVALID)

    spoil(home, "severty:", "severity:")
    publish(home)
    assert "config_invalid" not in verdicts(home).values()


def test_testing_and_explaining_it_names_the_line(
    home: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(governance, "run_cases", lambda _: ())  # those of the others run elsewhere
    spoil(home)
    (outcome,) = check_controls(home.paths)
    assert (outcome.control_id, outcome.is_ok) == ("own-thing", False)
    for ask in (lambda: control(home, "own-thing"), lambda: run_controls(home, ["own-thing"])):
        with pytest.raises(ConfigError, match=r"line \d+"):
            ask()


def test_a_second_control_of_one_id_takes_nothing_from_the_first(home: Context) -> None:
    other = home.paths.config / "controls" / "zz"
    other.mkdir()
    for file in (home.paths.config / "controls" / "own").iterdir():
        (other / file.name).write_bytes(file.read_bytes())
    found = verdicts(home)
    assert (found["zz/own-thing"], found["own-thing"]) == ("config_invalid", "no_data")


def test_parameters_that_are_set_for_it_wait_until_it_can_be_read(home: Context) -> None:
    (home.paths.config / "controls" / "parameters.yaml").write_text(
        "overrides:\n  - {control: own-thing, params: {x: 1}, decided_by: ann,\n"
        "     reason: because of something that is long enough to say}\n"
    )
    publish(home)
    assert "no such parameter" in controls(home)[0].message
    found = verdicts(home)
    assert found.pop("own-thing") == "config_invalid"
    assert "config_invalid" not in found.values()
    with pytest.raises(ConfigError, match="no such parameter"):
        control(home, "own-thing")
    spoil(home)
    assert 'unknown key "severty"' in controls(home)[0].message


def test_a_signed_pack_that_was_changed_is_seen_whole_and_stops_nothing(home: Context) -> None:
    pack = home.paths.config / "controls" / "own"
    (pack / "SHA256SUMS").write_text(f"{'0' * 64}  own-thing.yaml\n{'0' * 64}  gone.yaml\n")
    (pack / "SHA256SUMS.sig").write_text("nobody's")
    publish(home)
    found = verdicts(home)
    assert (found["own-thing"], found["gone"]) == ("config_invalid", "config_invalid")
    assert len(found) > 80
    assert "sign anew" in controls(home)[0].message
    for file in pack.glob("own-thing.*"):
        file.unlink()
    (pack / "SHA256SUMS").unlink()
    assert "config_invalid" in verdicts(home).values(), "what was there is not forgotten"


def test_doctor_fails(home: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RISKCOCKPIT_HOME", str(home.paths.config.parent))
    checks = {check.name: check for check in examine()}
    assert checks["controls"].state is CheckState.OK
    spoil(home)
    checks = {check.name: check for check in examine()}
    assert checks["controls"].state is CheckState.FAIL
    assert "severty" in checks["controls"].detail
