"""From one thing to what belongs to it, by one key."""

from __future__ import annotations

from dataclasses import replace

from riskcockpit.store.query.parser import parse_query
from riskcockpit.tui.messages import Place
from riskcockpit.tui.relations import of_alert, of_finding, of_model, of_waiver
from support.bank_desk import ACTIVE, MINE, alerts, waivers
from support.bank_findings import finding_row, hostile_row
from support.fake_gateway import FakeGateway
from support.hostile import HOSTILE
from support.piloting import opened, press, seen


def test_queries_of_relations_parse_whatever_the_names_are() -> None:
    rows = [finding_row(0), *(hostile_row(index) for index in range(len(HOSTILE) - 1))]
    places = [place for row in rows for _, place in of_finding(row)]
    places += [place for text in HOSTILE[:-1] for _, place in of_model(text)]
    queries = [place.key for place in places if place.kind == "findings"]
    assert len(queries) > 2 * len(rows)
    for query in queries:
        parse_query(query)
    assert of_model("") == ()


async def test_a_key_leads_from_a_finding_to_its_asset_and_back() -> None:
    async with opened(FakeGateway(), "f", "enter", "t") as (app, pilot):
        here = app.place
        text = seen(app)
        for words in ("Go to", "asset", "pillar", "control"):
            assert words in text, words
        await press(pilot, "a")
        assert app.place.kind == "findings"
        assert app.place.key.startswith("asset:")
        await press(pilot, "[")
        assert app.place == here
        await press(pilot, "t", "7")
        assert app.place == here
        await press(pilot, "4", "t", "a")
        assert app.place.kind == "compliance"
        await press(pilot, "4", "t", "s")
        assert app.place == Place(
            "findings", "state:open pillar:compliance_automation",
            Place("pillar", "compliance_automation"),
        )  # fmt: skip
        await press(pilot, "S", "t")
        assert "nothing else belongs to this" in seen(app)


def test_an_alert_leads_to_what_it_is_about_by_its_subject_or_its_key() -> None:
    grave, late, silent = alerts()
    assert of_alert(replace(grave, kind="model_alarm")) == [
        ("model", Place("model", "fraud-scoring"))
    ]
    review = replace(silent, kind="incident", key="incident-review:1a1a")
    assert of_alert(review) == [("incident", Place("incident", "1a1a"))]
    assert of_alert(replace(silent, kind="source")) == [("sources", Place("sources", "aws"))]
    waiver = replace(late, kind="waiver_expiring", subject="", key=f"waiver:{ACTIVE}")
    assert of_alert(waiver) == [("waiver", Place("waiver", ACTIVE))]
    assert of_alert(replace(late, kind="kpi")) == []


def test_a_waiver_leads_to_its_controls_its_findings_and_its_kin() -> None:
    row = replace(waivers()[1], renewed_by=MINE)
    assert of_waiver(row, ("data.checks",)) == [
        ("control", Place("control", "data.checks")),
        ("findings", Place("findings", "asset:payments-api severity:high")),
        ("renewed by", Place("waiver", MINE)),
        ("ledger", Place("ledger", ACTIVE)),
    ]
