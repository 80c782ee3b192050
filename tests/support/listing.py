"""Whether what makes lists quick, and the texts kept apart, fit the findings they are about."""

from __future__ import annotations

from riskcockpit.store.snapshots import Store
from riskcockpit.store.sql import sql
from support.caches import statement

_REMEMBER = statement(
    "CREATE TEMP TABLE before AS "
    "SELECT rowid AS row_id, wording_id AS wording, place_id AS place FROM finding"
)
_FORGET = statement("UPDATE finding SET wording_id = NULL, place_id = NULL")
_WRONG = {
    kind: statement(
        "SELECT finding.id FROM finding JOIN before ON before.row_id = finding.rowid "
        f"WHERE {kind}_id IS NULL OR {kind}_id IS DISTINCT FROM before.{kind}"
    )
    for kind in ("wording", "place")
}


_NOT_DESCRIBED = statement(
    "SELECT finding.id FROM finding LEFT JOIN ("
    "SELECT id, count(*) AS times, min(description) AS text FROM text_description GROUP BY id"
    ") AS told ON told.id = finding.description_id "
    "WHERE told.times IS DISTINCT FROM 1 "
    "OR CAST('0x' || left(sha256(told.text), 16) AS UBIGINT) <> told.id"
)


def misfits(store: Store) -> list[tuple[str, str]]:
    """Return (kind, id) of findings whose number stands for texts of another one, or for none."""
    wrong: list[tuple[str, str]] = []
    with store.writer() as tx:
        tx.discard()
        tx.rows(_REMEMBER)
        tx.rows(_FORGET)
        for kind, other in _WRONG.items():
            tx.rows(sql("store", f"listing_{kind}_pending"))
            tx.rows(sql("store", f"listing_{kind}_numbered"))
            tx.rows(sql("store", f"listing_{kind}_take"))
            wrong += [(kind, id_) for (id_,) in tx.rows(other)]
        wrong += [("description", id_) for (id_,) in tx.rows(_NOT_DESCRIBED)]
    return wrong
