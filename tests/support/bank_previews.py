"""What decisions would do, at the bank."""

from __future__ import annotations

from collections.abc import Callable

from riskcockpit.tui.api import About
from riskcockpit.tui.intents import Intent, RollBack, Waive
from riskcockpit.views.findings import FindingRow
from riskcockpit.views.governance import DecisionPreview
from support.bank_posture import euros


def preview(
    intent: Intent,
    about: About,
    blockers: tuple[str, ...],
    make_row: Callable[[int], FindingRow],
) -> DecisionPreview:
    production = about.is_production
    match intent:
        case RollBack(model, _):
            return DecisionPreview(
                f"Roll back {model}",
                f"{model} serves version 6 instead of 7 from now on.",
                f"{model}@champion",
                about.context,
                production,
                (
                    f"POST /registered-models/alias name={model} alias=champion version=6",
                    f"GET /registered-models/alias?name={model}&alias=champion",
                ),
                "models.rollback",
                () if not production else ("a second person with the role approver",),
                blockers,
                (),
                (),
                0,
                euros(2_400_000),
                (
                    ("from", "version 7, champion for 6 d"),
                    ("to", "version 6, READY, approved by validator-2"),
                    (
                        "why it is safe",
                        "v6 held accuracy ≥ 0.94 for 30 d; v7 is still the champion",
                    ),
                ),
            )
        case Waive(findings=ids):
            rows = tuple(make_row(int(each[16:], 16)) for each in ids[:20])
            return DecisionPreview(
                f"Waive {len(ids)} findings",
                f"Nobody is asked to fix {len(ids)} findings until then.",
                rows[0].asset if rows else "",
                about.context,
                production,
                (),
                "waivers.high",
                ("a second person with the role risk_owner",),
                blockers,
                ("3 of them are critical: at most 30 d",),
                rows,
                len(ids),
                euros(310_000),
            )
        case _:
            return DecisionPreview(
                f"{type(intent).__name__} request",
                "The request is signed.",
                "a1b2c3d4e5",
                about.context,
                production,
                (),
                "approvals.any",
                (),
                blockers,
            )
