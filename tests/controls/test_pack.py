"""Reading packs: every fault is named with file, line and what to mend."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from riskcockpit.config.paths import shipped
from riskcockpit.controls.pack import Control, control_schema, digest, load
from riskcockpit.errors import ConfigError

CONTROL = """\
id: checked
title: Something is checked
pillar: compliance_automation
severity: high
rationale: It matters
remediation: Mend it
frameworks:
  dora: ["9(2)"]
inputs:
  - {table: scan, max_age: 24h}
"""
FRAMEWORKS = """\
frameworks:
  dora: {title: DORA, link: "https://example.com", certainty: unchecked}
"""
SQL = "SELECT asset AS resource, 'ok' AS status, '' AS reason FROM scan"


def read(tmp_path: Path, text: str = CONTROL, sql: str = SQL) -> Control:
    pack = tmp_path / "mine"
    pack.mkdir(exist_ok=True)
    (tmp_path / "frameworks.yaml").write_text(FRAMEWORKS)
    (pack / "checked.yaml").write_text(text)
    (pack / "checked.sql").write_text(sql)
    return load(tmp_path)[0]


def test_a_whole_control_is_read(tmp_path: Path) -> None:
    control = read(tmp_path)
    assert (control.id, control.frameworks) == ("checked", {"dora": ("9(2)",)})
    assert control.sql == SQL


@pytest.mark.parametrize(
    ("old", "new", "message", "hint"),
    [
        ("severity: high", "severty: high", 'line 4: unknown key "severty"', '"severity"'),
        ("severity: high", "severity: grave", "line 4: severity: ", None),
        ("severity: high\n", "", "missing required field `severity`", None),
        ("id: checked", "id: other", 'line 1: id: "other" is not the name', "checked"),
        ("table: scan", "table: scans", 'line 10: inputs[0].table: "scans" is no', '"scan"'),
        ("24h", "24x", "line 10: inputs[0].max_age: ", "24h"),
        ("table: scan", "table: waiver", "waiver has no age", "these have"),
        ("max_age", "maxage", 'line 10: unknown key "maxage"', '"max_age"'),
        ("dora:", "dorra:", "line 8: frameworks.dorra: ", '"dora"'),
        ("inputs:\n", "inputs: []\nparams: {as_of: 1}\nx:\n", 'unknown key "x"', None),
        ("  - {table: scan, max_age: 24h}\n", "  []\nparams: {as_of: 1}\n", "at least one", None),
        ("id: checked", "id: &a checked\nother: *a", "aliases are not allowed", "write"),
        ("id: checked", "id: [", "line ", None),
    ],
)
def test_a_fault_is_named_with_its_place(
    tmp_path: Path, old: str, new: str, message: str, hint: str | None
) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, CONTROL.replace(old, new))
    assert f"cannot read controls from {tmp_path / 'mine' / 'checked.yaml'}: " in str(caught.value)
    assert message in str(caught.value)
    assert hint is None or hint in str(caught.value.hint)


def test_a_control_is_a_pair_of_files(tmp_path: Path) -> None:
    read(tmp_path)
    (tmp_path / "mine" / "alone.sql").write_text(SQL)
    with pytest.raises(ConfigError, match=r"there is no alone\.yaml"):
        load(tmp_path)
    (tmp_path / "mine" / "alone.sql").unlink()
    (tmp_path / "mine" / "checked.sql").unlink()
    with pytest.raises(ConfigError, match=r"checked\.sql"):
        load(tmp_path)


def test_a_home_adds_packs_beside_the_shipped_ones(tmp_path: Path) -> None:
    read(tmp_path)
    (tmp_path / "frameworks.yaml").unlink()
    both = load(shipped("config", "controls"), tmp_path)
    assert len(both) == len(load(shipped("config", "controls"))) + 1


def test_the_same_id_in_two_packs_is_refused(tmp_path: Path) -> None:
    read(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    for name in ("checked.yaml", "checked.sql"):
        (other / name).write_text((tmp_path / "mine" / name).read_text())
    with pytest.raises(ConfigError, match="checked is there twice"):
        load(tmp_path)


def test_the_digest_follows_every_byte_of_policy(tmp_path: Path) -> None:
    before = digest([read(tmp_path)])
    assert digest([read(tmp_path)]) == before
    assert digest([read(tmp_path, sql=SQL + " ")]) != before
    assert digest([read(tmp_path, CONTROL.replace("It matters", "It matters!"))]) != before


def test_the_schema_for_editors_is_what_the_loader_reads() -> None:
    shown = json.loads(shipped("config", "controls", "control.schema.json").read_text())
    assert shown == json.loads(json.dumps(control_schema()))
