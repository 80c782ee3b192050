"""What the watch finds: silence is a finding until a reading comes; nothing is written twice."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from riskcockpit.ingest.watched import WATCH, WatchFault, record_faults
from riskcockpit.store.sql import Sql
from support.ingesting import START, Bank, open_bank

SILENT = WatchFault("fraud", "reading.stale", "accuracy", "", "no fresh reading of accuracy", 1)
MINOR = WatchFault("churn", "reading.stale", "auc", "", "no fresh reading of auc", 3)


def tell(bank: Bank, minute: int, **faults: WatchFault) -> None:
    now = START + timedelta(minutes=minute)
    with bank.writing() as tx:
        record_faults(tx, {model: [fault] for model, fault in faults.items()}, now)


def found(bank: Bank) -> list[tuple[object, ...]]:
    text = "SELECT asset, severity, state, reopened_count FROM finding ORDER BY asset"
    with bank.writing() as tx:
        return tx.rows(Sql("test", text, ()))


def scans(bank: Bank) -> int:
    text = f"SELECT count(*) FROM scan WHERE tool = '{WATCH}'"
    with bank.writing() as tx:
        ((count,),) = tx.rows(Sql("test", text, ()))
    return int(count)


def test_silence_is_a_finding_that_ends_and_comes_back(tmp_path: Path) -> None:
    bank = open_bank(tmp_path)
    tell(bank, 0, fraud=SILENT, churn=MINOR)
    assert found(bank) == [("churn", 2, "open", 0), ("fraud", 3, "open", 0)]
    before = scans(bank)
    tell(bank, 1, fraud=SILENT, churn=MINOR)
    assert scans(bank) == before, "nothing is new"
    tell(bank, 2, churn=MINOR)
    assert found(bank) == [("churn", 2, "open", 0), ("fraud", 3, "fixed", 0)]
    assert scans(bank) == before + 1
    tell(bank, 3, fraud=SILENT, churn=MINOR)
    assert found(bank)[1] == ("fraud", 3, "open", 1)
    tell(bank, 4)
    assert {row[2] for row in found(bank)} == {"fixed"}
