"""`whoami`, `unlock`, `lock`, `roles`, `policy` and `keys`: who may do what, and by whose key."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from riskcockpit.cli.decisions import DryRun, Yes, refusal, stops_at
from riskcockpit.cli.diagnostics import say
from riskcockpit.cli.options import JsonOption

if TYPE_CHECKING:
    from riskcockpit.views.identity import DelegationRow, Ruling

roles_app = typer.Typer(help="Roles and rules in force.", no_args_is_help=True)
policy_app = typer.Typer(help="The signed files of the policy.", no_args_is_help=True)
keys_app = typer.Typer(help="Whose keys may sign.", no_args_is_help=True)
Reason = Annotated[str, typer.Option("--reason", "-m", help="Why; goes into the ledger.")]


def _actions(incomplete: str) -> list[str]:
    from riskcockpit.decisions.roles import Deed

    return [deed.value for deed in Deed if deed.value.startswith(incomplete)]


def _files(incomplete: str) -> list[str]:
    from riskcockpit.decisions.policy import FILES

    return [file for file in FILES if file.startswith(incomplete)]


def _fingerprints(incomplete: str) -> list[str]:
    from riskcockpit.services.context import Context
    from riskcockpit.services.signing_keys import signing_keys

    known = (row.fingerprint for row in signing_keys(Context.open()))
    return [key for key in known if key.startswith(incomplete)]


def register(app: typer.Typer) -> None:
    """Add the commands of this family."""
    app.command("whoami")(whoami)
    app.command("unlock")(unlock)
    app.command("lock")(lock)
    app.add_typer(roles_app, name="roles")
    app.add_typer(policy_app, name="policy")
    app.add_typer(keys_app, name="keys")


def whoami(*, as_json: JsonOption = False) -> None:
    """Show who signs here, with which key, in which roles, and whether decisions are locked."""
    from riskcockpit.cli import documents, identity_pages, output
    from riskcockpit.services.context import Context
    from riskcockpit.services.identity import whoami as who

    me = who(Context.open())
    if as_json:
        output.json_document(
            documents.document(
                "whoami",
                principal=me.principal,
                names=list(me.names),
                key=me.key,
                fingerprint=me.fingerprint,
                holder=me.holder,
                key_in_force=me.is_key_in_force,
                roles=list(me.roles),
                delegations=[_delegation(each) for each in me.delegations],
                chain=me.chain,
                head=me.head,
                context={"name": me.context, "production": me.is_production},
                unlocked_until=documents.plain(me.unlocked_until),
                policy=me.policy,
            )
        )
    else:
        identity_pages.me(me)


def unlock(
    context: Annotated[str, typer.Argument(help="The name of the context, typed to confirm.")],
    *,
    lasts: Annotated[
        str, typer.Option("--for", help="How long, as 15m; by default as the settings say.")
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Allow decisions in production for a limited time, on this computer."""
    from riskcockpit.cli import documents, output
    from riskcockpit.present.text import stamp
    from riskcockpit.services.context import Context
    from riskcockpit.services.unlocking import unlock as allow

    ctx = Context.open()
    until = allow(ctx, context, lasts)
    is_locking = ctx.settings.context.production
    if as_json:
        output.json_document(
            documents.document("lock", context=context, unlocked_until=documents.plain(until))
        )
    elif is_locking:
        output.line(f"decisions in {context} are unlocked until {stamp(until)}")
    else:
        output.line(f"{context} is not production: nothing is locked here")


def lock(*, as_json: JsonOption = False) -> None:
    """Lock decisions in production at once."""
    from riskcockpit.cli import documents, output
    from riskcockpit.services.context import Context
    from riskcockpit.services.unlocking import lock as forbid

    ctx = Context.open()
    forbid(ctx)
    name = ctx.settings.context.name
    if as_json:
        output.json_document(documents.document("lock", context=name, unlocked_until=None))
    else:
        output.line(f"decisions in {name} are locked")


@roles_app.command("show")
def show(*, as_json: JsonOption = False) -> None:
    """Show the roles in force: people, persons of several names, delegations, rules."""
    from riskcockpit.cli import documents, identity_pages, output
    from riskcockpit.services.context import Context
    from riskcockpit.services.identity import show_roles

    view = show_roles(Context.open())
    if not as_json:
        identity_pages.roles(view)
        return
    output.json_document(
        documents.document(
            "roles",
            digest=view.digest,
            principals={name: list(of) for name, of in view.principals},
            persons=[list(person) for person in view.persons],
            delegations=[_delegation(each) for each in view.delegations],
            rules=[
                {
                    "id": rule.id,
                    "action": rule.action,
                    "severity": rule.severity,
                    "production": rule.production,
                    "request": list(rule.request),
                    "keys": rule.keys,
                    "approve": list(rule.approve),
                    "review": rule.review,
                    "why": rule.why,
                }
                for rule in view.rules
            ],
            waivers=dict(view.waivers),
        )
    )


@roles_app.command("explain")
def explain(
    action: Annotated[
        str,
        typer.Argument(
            help="waive, rollback, deploy, revoke, note, correct, break-glass or policy.",
            autocompletion=_actions,
        ),
    ],
    *,
    severity: Annotated[str, typer.Option(help="Highest severity concerned; else all.")] = "",
    production: Annotated[
        bool | None,
        typer.Option("--production/--no-production", help="By default as this context is."),
    ] = None,
    who: Annotated[str, typer.Option("--as", help="A principal; by default who signs here.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Say what an action would take of a person, by which rule, and why."""
    from riskcockpit.cli import documents, identity_pages, output
    from riskcockpit.services.context import Context
    from riskcockpit.services.identity import explain as told

    rulings = told(Context.open(), action, severity, is_production=production, principal=who)
    if as_json:
        output.json_document(
            documents.document("roles_explain", rulings=[_ruling(each) for each in rulings])
        )
    else:
        identity_pages.rulings(rulings)


@policy_app.command("status")
def status(*, as_json: JsonOption = False) -> None:
    """Show whether the files of the policy are what was signed, and what an edit changes."""
    from riskcockpit.cli import documents, identity_pages, output
    from riskcockpit.services.context import Context
    from riskcockpit.services.policy_files import policy_files

    rows = policy_files(Context.open())
    if as_json:
        files = [
            {
                "file": row.file,
                "state": row.state,
                "digest": row.digest,
                "in_force": row.in_force,
                "request": row.request,
                "lines": list(row.lines),
            }
            for row in rows
        ]
        output.json_document(documents.document("policy", files=files))
    else:
        identity_pages.policy(rows)


@policy_app.command("sign")
def sign(*, dry_run: DryRun = False, yes: Yes = False, as_json: JsonOption = False) -> None:
    """Sign the files of the policy as they are; a second person approves where there is one."""
    from riskcockpit.services.context import Context
    from riskcockpit.services.policy_files import plan_sign_policy, sign_policy

    ctx = Context.open()
    with refusal(ctx, "policy.changed", as_json=as_json):
        if stops_at(plan_sign_policy(ctx), dry_run=dry_run, yes=yes, as_json=as_json):
            return
        _decided([each.decision for each in sign_policy(ctx)], as_json=as_json)


@policy_app.command("restore")
def restore(
    file: Annotated[
        str,
        typer.Argument(help="policy/roles.yaml or allowed_signers.", autocompletion=_files),
    ],
    *,
    as_json: JsonOption = False,
) -> None:
    """Put the version of a file that is in force back into its place."""
    from riskcockpit.cli import documents, output
    from riskcockpit.services.context import Context
    from riskcockpit.services.policy_files import restore_policy

    path = restore_policy(Context.open(), file)
    if as_json:
        output.json_document(documents.document("policy_restored", file=str(path)))
    else:
        output.line(f"{path} holds what is in force")


@keys_app.command("list")
def list_keys(*, as_json: JsonOption = False) -> None:
    """List the keys that may sign, from when to when, and whether they count now."""
    from riskcockpit.cli import documents, identity_pages, output
    from riskcockpit.services.context import Context
    from riskcockpit.services.signing_keys import signing_keys

    rows = signing_keys(Context.open())
    if as_json:
        listed = [
            {
                "principal": row.principal,
                "fingerprint": row.fingerprint,
                "type": row.type,
                "valid_after": documents.plain(row.valid_after),
                "valid_before": documents.plain(row.valid_before),
                "state": row.state,
            }
            for row in rows
        ]
        output.json_document(documents.document("keys", keys=listed))
    else:
        identity_pages.keys(rows)


@keys_app.command("add")
def add(
    principal: Annotated[str, typer.Argument(help="Whose key it is, as ann@bank.")],
    key: Annotated[str, typer.Argument(metavar="KEY", help="A .pub file, or its text.")],
    *,
    reason: Reason,
    expires: Annotated[str, typer.Option(help="When it ends: 2027-01-31, or 365d.")] = "",
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: JsonOption = False,
) -> None:
    """Let a key sign from now on: a signed change, which a second person approves."""
    from riskcockpit.cli.moments import end_of
    from riskcockpit.services.context import Context
    from riskcockpit.services.signing_keys import add_key, plan_add_key

    ctx = Context.open()
    ends = end_of(expires, ctx.clock.now()) if expires else None
    asked = (ctx, principal, _public(key), reason, ends)
    with refusal(ctx, "key.added", as_json=as_json):
        if not stops_at(plan_add_key(*asked), dry_run=dry_run, yes=yes, as_json=as_json):
            _decided([add_key(*asked).decision], as_json=as_json)


@keys_app.command("revoke")
def revoke(
    key: Annotated[
        str,
        typer.Argument(
            help="Its fingerprint (SHA256:…), or its principal.", autocompletion=_fingerprints
        ),
    ],
    *,
    reason: Reason,
    at: Annotated[str | None, typer.Option(help="An earlier end; another person approves.")] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: JsonOption = False,
) -> None:
    """End a key: what it signed before stays good, if something signed later covers it."""
    from riskcockpit.cli.moments import start_of
    from riskcockpit.domain.clock import start_of_period
    from riskcockpit.services.context import Context
    from riskcockpit.services.signing_keys import plan_revoke_key, revoke_key

    ctx = Context.open()
    since = start_of(at)
    moment = start_of_period(since, ctx.clock.now()) if since else None
    asked = (ctx, key, reason, moment)
    with refusal(ctx, "key.revoked", as_json=as_json):
        if not stops_at(plan_revoke_key(*asked), dry_run=dry_run, yes=yes, as_json=as_json):
            _decided([revoke_key(*asked).decision], as_json=as_json)


def _public(text: str) -> str:
    """Return the text of a public key, from a file when `text` names one.

    Raises:
        InputError: the file cannot be read, or is a private key.
    """
    from riskcockpit.errors import InputError

    if " " in text.strip():
        return text
    file = Path(text).expanduser()
    file = file if file.suffix == ".pub" else file.with_name(f"{file.name}.pub")
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8"
        raise InputError(f"cannot read {file}: {why}", hint="give its .pub file") from error


def _decided(decisions: list[Any], *, as_json: bool) -> None:
    from riskcockpit.cli import documents, output
    from riskcockpit.domain.ids import short

    if as_json:
        made = [
            {
                "id": each.id,
                "state": each.state.value,
                "rule": each.rule,
                "needs": list(each.needs),
                "summary": each.summary,
            }
            for each in decisions
        ]
        output.json_document(documents.document("policy_change", changes=made))
        return
    for each in decisions:
        output.line(f"{each.state.value} {short(each.id)}  {each.summary}")
        for need in each.needs:
            say(f"waits for {need}")


def _delegation(row: DelegationRow) -> dict[str, Any]:
    from riskcockpit.cli import documents

    return {
        "from": row.giver,
        "to": row.to,
        "roles": list(row.roles),
        "until": documents.plain(row.until),
        "why": row.why,
        "in_force": row.is_in_force,
    }


def _ruling(one: Ruling) -> dict[str, Any]:
    return {
        "action": one.action,
        "severity": one.severity,
        "production": one.is_production,
        "rule": one.rule,
        "why": one.why,
        "keys": one.keys,
        "refusal": one.refusal,
        "approvers": list(one.approvers),
        "needs": list(one.needs),
        "review": one.review,
    }
