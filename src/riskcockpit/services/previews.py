"""What somebody sees before they change the policy, automation or an incident."""

from __future__ import annotations

from riskcockpit.errors import RefusedError
from riskcockpit.services.desk import Desk
from riskcockpit.views.governance import DecisionPreview

SECOND = "another person approves it: `riskcockpit approve`"


def closed(desk: Desk) -> tuple[str, ...]:
    """Return why nothing can be signed here now, whatever it is; nothing when it can.

    Production is locked, a policy file was edited, or the key is revoked or not in its agent.
    """
    try:
        desk.check_open()
    except RefusedError as error:
        return (error.message,)
    why_not = desk.ctx.signer().why_not()
    return (why_not,) if why_not else ()


def preview_of(
    desk: Desk,
    title: str,
    consequence: str,
    target: str,
    rule: str,
    *,
    needs: tuple[str, ...] = (),
    blockers: tuple[str, ...] = (),
    facts: tuple[tuple[str, str], ...] = (),
    is_always_open: bool = False,
) -> DecisionPreview:
    """Return the preview of a decision that calls nothing upstream and is about no findings.

    What is `is_always_open` is signed in locked production and over an edited policy, too.
    """
    return DecisionPreview(
        title=title,
        consequence=consequence,
        target=target,
        context=desk.ctx.settings.context.name,
        is_production=desk.is_production,
        calls=(),
        rule=rule,
        needs=needs,
        blockers=blockers if is_always_open else (*blockers, *closed(desk)),
        facts=facts,
    )


def policy_preview(
    desk: Desk, title: str, target: str, facts: tuple[tuple[str, str], ...]
) -> DecisionPreview:
    """Return the preview of a change of the policy: in force at once, or with a second person."""
    is_alone = desk.book.can_change_alone(desk.signature())
    consequence = (
        "It is in force at once." if is_alone else "It waits until another person approved it."
    )
    rule = desk.book.rule_for(desk.principal).id
    return preview_of(
        desk, title, consequence, target, rule, needs=() if is_alone else (SECOND,), facts=facts,
        is_always_open=True,
    )  # fmt: skip
