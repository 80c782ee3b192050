"""Gathers the facts of a summary from an open generation. Judges nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, TypeVar

from riskcockpit.services.summary import (
    DUE_SOON,
    LIFETIME,
    MOST_DEADLINES,
    TREND_DAYS,
    ActionFact,
    AlarmFact,
    ChampionFact,
    ControlFact,
    DeadlineFact,
    EnrichmentFact,
    ExposureFact,
    GlassFact,
    HeldFact,
    KpiFact,
    OpenFact,
    RequestFact,
    Row,
    SourceFact,
    Summary,
    TrendFact,
    WaivedFact,
    WaiverFact,
)
from riskcockpit.store.database import Reader
from riskcockpit.store.sql import sql

R = TypeVar("R", bound=Row)


def gather(reader: Reader, now: datetime, notice: timedelta) -> Summary:
    """Return what the overview needs of `reader` from `now` on, for `LIFETIME`.

    Raises:
        StoreError: the cache cannot be read.
    """
    until = now + LIFETIME
    deadlines = {
        "now": now, "soon": now + DUE_SOON, "horizon": until + DUE_SOON, "most": MOST_DEADLINES,
    }  # fmt: skip
    since = now - timedelta(days=TREND_DAYS - 1)
    return Summary(
        at=now,
        due_until=until + DUE_SOON,
        expiring_until=until + notice,
        kpis=_facts(reader, KpiFact, "posture_kpis"),
        trends=_facts(reader, TrendFact, "posture_trends", since=since),
        controls=_facts(reader, ControlFact, "posture_controls"),
        exposures=_facts(
            reader, ExposureFact, "posture_exposure", yesterday=now - timedelta(days=1)
        ),
        opened=_facts(reader, OpenFact, "posture_open_findings"),
        sources=_facts(reader, SourceFact, "posture_sources"),
        enrichments=_facts(reader, EnrichmentFact, "posture_enrichments"),
        alarms=_facts(reader, AlarmFact, "queue_alarms"),
        champions=_facts(reader, ChampionFact, "queue_champions"),
        actions=_facts(reader, ActionFact, "queue_actions"),
        requests=_facts(reader, RequestFact, "queue_requests"),
        waivers=_facts(reader, WaiverFact, "queue_waivers", now=now, horizon=until + notice),
        deadlines=_facts(reader, DeadlineFact, "queue_deadlines", **deadlines),
        held=_facts(reader, HeldFact, "queue_held"),
        glasses=_facts(reader, GlassFact, "queue_glasses"),
        waived=_facts(reader, WaivedFact, "alerts_waived"),
        heads=tuple(
            (chain, hash_) for chain, hash_ in reader.rows(sql("services", "remembered_heads"))
        ),
    )


def _facts(reader: Reader, type_: type[R], name: str, **params: Any) -> tuple[R, ...]:
    return tuple(type_(*row) for row in reader.rows(sql("services", name), **params))
