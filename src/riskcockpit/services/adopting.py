"""Changing the rules of automation: the file in the ledger, and the signature that asks for it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import msgspec
import yaml

from riskcockpit.config.automation import Enforcement, parse_automation
from riskcockpit.config.paths import make_private, shipped
from riskcockpit.config.placing import place_file
from riskcockpit.decisions.policy import AUTOMATION
from riskcockpit.domain.clock import parse_utc
from riskcockpit.errors import ConfigError, InputError, UnknownNameError
from riskcockpit.services.context import Context
from riskcockpit.services.desk import Desk
from riskcockpit.services.policy_files import may_change
from riskcockpit.services.policy_lines import changed_lines
from riskcockpit.services.previews import policy_preview
from riskcockpit.services.unlocking import refuse_locked
from riskcockpit.store.sql import sql
from riskcockpit.views.governance import DecisionPreview

_KEY = "enforce"


def plan_adopt(ctx: Context) -> DecisionPreview:
    """Say what asking for the rules as they are written would do; raises as `adopt`."""
    file = rules_file(ctx)
    text = _text(file)
    parse_automation(text, file)
    return _plan(ctx, "Ask for the rules of automation as they are written", text)


def plan_enforce(ctx: Context, model: str, approver: str, until: str) -> DecisionPreview:
    """Say what asking to roll a model back without asking would do; raises as `enforce`."""
    _check_enforcing(ctx, model, approver, until)
    text = _changing(ctx, model, Enforcement(approver=approver, until=until))
    return _plan(ctx, f"Ask that {model} is rolled back without asking", text)


def plan_propose(ctx: Context, model: str) -> DecisionPreview:
    """Say what asking to only propose again would do; raises as `propose`."""
    text = _changing(ctx, model, None)
    return _plan(ctx, f"Ask that rolling {model} back is only proposed", text)


def adopt(ctx: Context) -> str:
    """Ask for the rules as the file in the ledger says them; without one, as they ship.

    Returns what is still missing; empty: they are in force.

    Raises:
        ConfigError: the file cannot be used.
        LedgerError: it cannot be signed.
    """
    file = rules_file(ctx)
    text = _text(file)
    parse_automation(text, file)
    if not file.exists():
        _write(file, text)
    refuse_locked(ctx)
    desk = Desk(ctx)
    may_change(desk)
    desk.vouch()
    desk.change_policy(AUTOMATION)
    return desk.finish()


def enforce(ctx: Context, model: str, approver: str, until: str) -> str:
    """Ask that `model` is rolled back without asking, and `approver` answers for it.

    Returns as `adopt`.

    Raises:
        UnknownNameError: there is no such model, or no such person.
        RefusedError: the file was edited, and nobody signed that.
        InputError: it would have ended already.
        ConfigError: the file cannot be used, or is written in a way that cannot be changed here.
        LedgerError: it cannot be signed.
    """
    _check_enforcing(ctx, model, approver, until)
    return _changed(ctx, model, Enforcement(approver=approver, until=until))


def _check_enforcing(ctx: Context, model: str, approver: str, until: str) -> None:
    _known_model(ctx, model)
    desk = Desk(ctx)
    if not desk.roles.of(approver):
        known = ", ".join(sorted(desk.roles.principals))
        raise UnknownNameError(f'there is no principal "{approver}"', hint=f"known: {known}")
    with suppress(ValueError, OverflowError):  # what is no moment, the file's reader names
        if until and parse_utc(until) <= desk.now:
            raise InputError(f"{until} is over", hint="--until: when it ends, as 2027-06-30")


def propose(ctx: Context, model: str) -> str:
    """Ask that rolling `model` back is only proposed; raises and returns as `enforce`."""
    return _changed(ctx, model, None)


def rules_file(ctx: Context) -> Path:
    """Return the file of the rules inside the ledger directory, existing or not."""
    return ctx.paths.ledger / AUTOMATION


def with_enforcement(text: str, file: Path, model: str, who: Enforcement | None) -> str:
    """Return the text of a rules file with one model enforced, or not; all else stays.

    Raises:
        ConfigError: the text cannot be used, or cannot be changed here.
    """
    before = parse_automation(text, file).value
    wanted = {name: one for name, one in before.enforce.items() if name != model}
    if who is not None:
        wanted[model] = who
    changed = _replaced(text, wanted)
    after = parse_automation(changed, file).value
    if after != msgspec.structs.replace(before, enforce=wanted):
        raise ConfigError(
            f"cannot change {_KEY} in {file} without touching more",
            hint=f"write by hand: {_block(wanted).strip()}; then `riskcockpit watch adopt`",
        )
    return changed


def _changed(ctx: Context, model: str, who: Enforcement | None) -> str:
    Desk(ctx).put_back()
    text = _changing(ctx, model, who)
    _write(rules_file(ctx), text)
    return adopt(ctx)


def _changing(ctx: Context, model: str, who: Enforcement | None) -> str:
    Desk(ctx).refuse_edited(AUTOMATION)  # or this person would ask for what another wrote
    file = rules_file(ctx)
    return with_enforcement(_text(file), file, model, who)


def _plan(ctx: Context, title: str, text: str) -> DecisionPreview:
    refuse_locked(ctx)
    desk = Desk(ctx)
    may_change(desk)
    in_force = desk.book.digests.get(AUTOMATION, "")
    lines = changed_lines(ctx.paths.ledger, in_force, text)
    return policy_preview(desk, title, AUTOMATION, (("changes", "; ".join(lines) or "nothing"),))


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return shipped("config", "automation.yaml").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read automation from {file}: {error}") from error


def _replaced(text: str, wanted: dict[str, Enforcement]) -> str:
    """Put another value for `enforce` in place of the one that is there."""
    node = yaml.compose(text, yaml.SafeLoader)
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    found = next(((key, value) for key, value in pairs if key.value == _KEY), None)
    if found is None:
        gap = "" if not text or text.endswith("\n") else "\n"
        return f"{text}{gap}\n{_block(wanted)}"
    key, value = found
    end = value.end_mark.index
    if value.flow_style or not value.value:
        line_end = text.find("\n", end)
        end = len(text) if line_end < 0 else line_end + 1
    rest = text[end:]
    gap = "" if not rest or rest.startswith("\n") else "\n"
    return f"{text[: key.start_mark.index]}{_block(wanted)}{gap}{rest}"


def _block(wanted: dict[str, Enforcement]) -> str:
    if not wanted:
        return f"{_KEY}: {{}}\n"
    lines = [
        f"  {_quoted(name)}: {{approver: {_quoted(one.approver)}"
        f"{f', until: {_quoted(one.until)}' if one.until else ''}}}\n"
        for name, one in sorted(wanted.items())
    ]
    return f"{_KEY}:\n{''.join(lines)}"


def _quoted(text: str) -> str:
    """Return text as YAML that is always that text."""
    return msgspec.json.encode(text).decode()


def _write(file: Path, text: str) -> None:
    try:
        make_private(file.parent)
        place_file(file, text.encode(), 0o600)
    except OSError as error:
        raise ConfigError(f"cannot write {file}: {error.strerror}") from error


def _known_model(ctx: Context, model: str) -> None:
    names: list[str] = []
    if ctx.store.generation():
        with ctx.store.reader() as reader:
            names = [name for (name,) in reader.rows(sql("services", "decide_model_names"))]
    if model not in names:
        known = ", ".join(names) or "none"
        raise UnknownNameError(f'there is no model "{model}"', hint=f"known: {known}")
