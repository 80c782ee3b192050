"""The questions of the plain cockpit: each answer is checked at once, an empty one leaves."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from riskcockpit.cli.diagnostics import ask, report, say
from riskcockpit.cli.output import say_rest
from riskcockpit.errors import InputError

if TYPE_CHECKING:  # few decide
    from riskcockpit.services.context import Context
    from riskcockpit.views.waivers import WaiverScope


def answered(question: str, check: Callable[[str], None] = lambda _: None) -> str | None:
    """Return an answer that can be used; None when it is left empty.

    Raises:
        InputError: nothing can be typed any more.
    """
    say_rest()
    while text := ask(f"{question} "):
        try:
            check(text)
        except InputError as error:
            report(error)
        else:
            return text
    say("nothing was decided")
    return None


def waiver_words(ctx: Context, what: str) -> list[str] | None:
    """Ask for the terms of a waiver of ids or of a query; return the command, None for none.

    Raises:
        InputError: nothing is named, or nothing can be typed any more.
        QueryError: the query does not parse.
        UnknownNameError: an id names no finding.
    """
    from riskcockpit.services.decide import scope_of

    scope = scope_of(ctx, what)
    if not scope.count:
        raise InputError(f"no finding matches {what}", hint="nothing is there to waive")
    say(f"A waiver of {scope.count}, the highest {scope.severity}. An empty answer leaves.")
    words = ["waive", what]
    for option, question, check in (
        ("--reason", "Reason, as risk_accepted, false_positive or deferred?", _check_reason),
        (
            "--justification",
            f"Why may the bank live with it? {scope.min_justification} characters at least.",
            _justification(scope),
        ),
        (
            "--expires",
            f"When does it end, as 30d or 2027-01-31? {scope.days} days at most.",
            _end(ctx, scope),
        ),
    ):
        text = answered(question, check)
        if text is None:
            return None
        words += [option, text]
    return words


def renewal_words(ctx: Context, waiver: str) -> list[str] | None:
    """Ask until when a waiver is renewed; return the command, None for none. Its words stay.

    Raises:
        InputError: nothing can be typed any more.
        RefusedError: it cannot be renewed.
        UnknownNameError: there is no such waiver.
    """
    from riskcockpit.services.waivers import renewal_scope

    scope = renewal_scope(ctx, waiver)
    until = answered(f"When does it end then? {scope.days} days at most.", _end(ctx, scope))
    return None if until is None else ["waivers", "renew", waiver, "--expires", until]


def _check_reason(text: str) -> None:
    from riskcockpit.decisions.waivers import parse_reason
    from riskcockpit.domain.decision import WaiverReason

    if parse_reason(text) is WaiverReason.COMPENSATING_CONTROL:
        raise InputError(
            "a compensating control has more fields than are asked here",
            hint="in a shell `riskcockpit waive --edit` opens a form that explains each",
        )


def _justification(scope: WaiverScope) -> Callable[[str], None]:
    def check(text: str) -> None:
        if len(text) < scope.min_justification:
            raise InputError(f"that has {len(text)} characters", hint="say why, for an auditor")

    return check


def _end(ctx: Context, scope: WaiverScope) -> Callable[[str], None]:
    from riskcockpit.cli.moments import end_of

    def check(text: str) -> None:
        now = ctx.clock.now()
        until = end_of(text, now)
        if until <= now:
            raise InputError(f"{text} is over")
        if until > scope.latest:
            hint = f"{scope.days}d, or {scope.last_day.isoformat()}"
            raise InputError(f"{scope.severity} findings: {scope.days} days at most", hint=hint)

    return check
