"""Rows of the store to read models of findings: one mapping for lists, exports and previews."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from riskcockpit.domain.finding import FindingClass, State
from riskcockpit.domain.money import Money
from riskcockpit.domain.pillar import Pillar
from riskcockpit.domain.severity import Severity
from riskcockpit.views.findings import FindingRow


def finding_row(values: Iterable[Any], currency: str) -> FindingRow:
    """Map one row of `finding_page`, `finding_rows`, `finding_row` or `finding_correlated`."""
    (
        id_, title, severity, state, pillar, class_, asset, owner, tool, rule, path, line, package,
        version, vulnerability, first_seen, last_seen, due_at, waived_until, exposure, is_kev,
        is_unconfirmed_absent, resource,
    ) = values  # fmt: skip
    return FindingRow(
        id=id_,
        title=title,
        severity=Severity(severity),
        state=State(state),
        pillar=Pillar(pillar),
        finding_class=FindingClass(class_),
        asset=asset,
        owner=owner,
        tool=tool,
        rule=rule,
        path=path,
        line=line,
        package=f"{package} {version}".strip(),
        vulnerability=vulnerability,
        first_seen=first_seen,
        last_seen=last_seen,
        due_at=due_at,
        waived_until=waived_until,
        exposure=Money(exposure, currency),
        is_kev=is_kev,
        is_unconfirmed_absent=is_unconfirmed_absent,
        resource=resource,
    )


def finding_rows(rows: Iterable[Iterable[Any]], currency: str) -> tuple[FindingRow, ...]:
    """Map many rows."""
    return tuple(finding_row(row, currency) for row in rows)
