"""Reading the catalogue, and KPIs that are at fault."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from riskcockpit.domain.kpi import KpiState
from riskcockpit.errors import ConfigError
from riskcockpit.kpis.catalogue import Kpi, digest, load
from riskcockpit.kpis.compute import behind, measure
from riskcockpit.store.scratch import scratch

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ENTRY = """\
kpis:
  - id: some-share
    pillar: data_integrity
    title: Some share
    definition: A share
    unit: percent
    target: 99
    warning: 97
    direction: at_least
    window: 24h
    max_age: 24h
    inputs: [reading]
"""
SQL = "SELECT 98.0::DOUBLE AS value, 3::BIGINT AS sample, $as_of::TIMESTAMP AS as_of"


def read(tmp_path: Path, text: str = ENTRY, sql: str = SQL) -> Kpi:
    (tmp_path / "kpis").mkdir(exist_ok=True)
    (tmp_path / "kpis" / "some-share.sql").write_text(sql)
    (tmp_path / "kpis.yaml").write_text(text)
    (found,) = load(tmp_path / "kpis.yaml")
    assert not found.is_trusted, "it is none of ours"
    return dataclasses.replace(found, is_trusted=True)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("target: 99", "traget: 99", 'line 7: unknown key "traget"'),
        ("warning: 97", "warning: 100", "line 8: kpis[0].warning: lies on the good side"),
        ("window: 24h", "window: soon", "line 10: kpis[0].window: "),
        ("[reading]", "[readings]", 'line 12: kpis[0].inputs[0]: "readings" is no table'),
        ("[reading]", "[reading]\n    minimum_sample: 0", "no data is never green"),
        ("id: some-share", "id: ../../x", "is not an id"),
        ("unit: percent", "unit: furlongs", "line 6: kpis[0].unit: "),
        ("id: some-share", "id: another", "another.sql"),
    ],
)
def test_a_fault_is_named_with_its_place(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, ENTRY.replace(old, new))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("sql", "state", "message"),
    [
        (SQL, KpiState.WARN, ""),
        (SQL.replace("98.0", "99.0"), KpiState.OK, ""),
        (SQL.replace("98.0", "96.0"), KpiState.ALARM, ""),
        (SQL.replace("98.0", "NULL"), KpiState.NO_DATA, ""),
        (SQL.replace("98.0", "'nan'"), KpiState.NO_DATA, "is no number: nan"),
        (SQL.replace("3::", "0::"), KpiState.NO_DATA, ""),
        (SQL.replace("TIMESTAMP", "TIMESTAMP - INTERVAL 25 HOUR"), KpiState.STALE, ""),
        (SQL.replace("$as_of", "NULL"), KpiState.STALE, ""),
        (SQL.replace("$as_of", "now()"), KpiState.NO_DATA, "calls now()"),
        (SQL + " FROM finding", KpiState.NO_DATA, "reads 'finding'"),
        (SQL + " FROM readin", KpiState.NO_DATA, "did you mean 'reading'?"),
        (SQL + " FROM range(2)", KpiState.NO_DATA, "exactly one row"),
        (SQL + " WHERE false", KpiState.NO_DATA, "exactly one row"),
        (SQL.replace("DOUBLE", "VARCHAR"), KpiState.NO_DATA, "of type DOUBLE"),
    ],
)
def test_the_state_of_a_reading(tmp_path: Path, sql: str, state: KpiState, message: str) -> None:
    kpi = read(tmp_path, sql=sql)
    with scratch(NOW) as writer:
        reading = measure(writer, (kpi,), NOW)[0]
    assert reading.state is state
    assert message in reading.message
    assert bool(message) == bool(reading.message)


def test_in_a_process_of_its_own_a_reading_is_the_same(tmp_path: Path) -> None:
    ours = read(tmp_path, sql=SQL.replace("TIMESTAMP", "TIMESTAMP - INTERVAL 3 HOUR"))
    with scratch(NOW) as writer:
        here, apart = measure(writer, (ours, dataclasses.replace(ours, is_trusted=False)), NOW)
    assert here.as_of == NOW - timedelta(hours=3)
    assert apart == here


def test_rows_from_a_process_of_its_own_are_the_same(tmp_path: Path) -> None:
    rows = (
        'SELECT i.range::VARCHAR AS item, 1.5::DOUBLE AS value, $as_of::TIMESTAMP AS "at",'
        " '' AS note FROM range(3) AS i"
    )
    ours = dataclasses.replace(read(tmp_path), rows_sql=rows)
    with scratch(NOW) as writer:
        here = behind(writer, ours, NOW)
        assert behind(writer, dataclasses.replace(ours, is_trusted=False), NOW) == here
    assert [(row.item, row.at) for row in here] == [("0", NOW), ("1", NOW), ("2", NOW)]


def test_inputs_from_the_future_are_as_old_as_the_measuring(tmp_path: Path) -> None:
    ahead = SQL.replace("TIMESTAMP", "TIMESTAMP + INTERVAL 5 DAY")
    with scratch(NOW) as writer:
        assert measure(writer, (read(tmp_path, sql=ahead),), NOW)[0].as_of == NOW


def test_the_digest_follows_definition_target_and_statement(tmp_path: Path) -> None:
    kpi = read(tmp_path)
    changed = (
        dataclasses.replace(kpi, target=99.5),
        dataclasses.replace(kpi, sql=SQL + " "),
        dataclasses.replace(kpi, definition="Another"),
    )
    assert len({digest([kpi]), *(digest([other]) for other in changed)}) == 4
