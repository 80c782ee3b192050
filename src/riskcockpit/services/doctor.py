"""`doctor`: looks at everything a run depends on, changes nothing, shows no secret."""

from __future__ import annotations

import os
import shutil
import ssl
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from riskcockpit.config.paths import Paths
from riskcockpit.config.settings import CredentialRef
from riskcockpit.decisions.policy import ROLES
from riskcockpit.errors import ConfigError, InputError, LedgerError, RiskcockpitError
from riskcockpit.present.knowledge import KNOWLEDGE, loaded
from riskcockpit.present.text import plural, stamp
from riskcockpit.services.alert_settings import settings_in_force
from riskcockpit.services.context import Context
from riskcockpit.services.own_formats import directory_of, own_formats
from riskcockpit.services.policy import controls_in_force, invalid_controls, kpis_in_force
from riskcockpit.views.setup import Check, CheckState

_CLOCK_SLACK = timedelta(minutes=1)
_KNOWLEDGE_FROM = {
    "epss": "FIRST's daily CSV",
    "kev": "CISA's JSON",
    "backstage": "catalog-info.yaml",
    "codeowners": "CODEOWNERS",
}
_MOST_MODES = 5
_OPEN_TO_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def examine() -> tuple[Check, ...]:
    """Run all checks; a broken settings file is a finding, not an exception."""
    paths = Paths.from_environment()
    try:
        ctx = Context.open(paths)
    except RiskcockpitError as error:
        return (
            Check("settings", CheckState.FAIL, error.message, error.hint or ""),
            _terminal(),
        )
    return (
        _settings(ctx),
        _formats(paths),
        _controls(paths),
        _kpis(ctx),
        _alerts(ctx),
        _incidents(ctx.paths),
        *_directories(ctx.paths),
        *_modes(ctx.paths.ledger),
        _openssh(),
        _identity(ctx),
        *_roles(ctx),
        _clock(ctx),
        _ledger(ctx),
        _cache(ctx),
        _trust(),
        *_proxies(),
        *_credentials(ctx),
        *_sources(ctx),
        *_knowledge(ctx),
        _terminal(),
    )


def _settings(ctx: Context) -> Check:
    file = ctx.paths.settings
    if not file.exists():
        return Check("settings", CheckState.NOTE, f"no {file}; defaults", "`riskcockpit init`")
    return Check("settings", CheckState.OK, f"{file}, context {ctx.settings.context.name}")


def _formats(paths: Paths) -> Check:
    """Read the home's own formats: one that cannot be used stops every import."""

    def read() -> str:
        count = len(own_formats(paths))
        return f"{count or 'none'} of your own in {directory_of(paths)}"

    return _try("report formats", read, CheckState.FAIL)


def _controls(paths: Paths) -> Check:
    """Read the controls: one that cannot be read judges nothing until it is mended."""
    from riskcockpit.services.invalid import reason  # noqa: PLC0415 - only to say what is wrong

    try:
        unread = invalid_controls(paths)
        count = len(controls_in_force(paths))
    except RiskcockpitError as error:
        return Check("controls", CheckState.FAIL, error.message, error.hint or "")
    if unread:
        more = f"; {len(unread) - 1} more" if len(unread) > 1 else ""
        hint = "`riskcockpit controls list` shows them first"
        return Check("controls", CheckState.FAIL, f"{reason(unread[0])}{more}", hint)
    return Check("controls", CheckState.OK, f"{count} can be read")


def _kpis(ctx: Context) -> Check:
    """Read the KPIs, and look for some that could not be measured when it was last tried."""
    from riskcockpit.services.kpis import kpis  # noqa: PLC0415 - only to say what is wrong

    def read() -> str:
        count = len(kpis_in_force(ctx.paths))
        failed = [view for _, view in kpis(ctx) if view.message]
        if failed:
            more = f"; {len(failed) - 1} more" if len(failed) > 1 else ""
            hint = f"mend kpis/{failed[0].id}.sql; the next sync or import measures it again"
            raise ConfigError(f"{failed[0].message}{more}", hint=hint)
        return f"{count} can be read"

    return _try("KPIs", read, CheckState.FAIL)


def _alerts(ctx: Context) -> Check:
    """Read the rules of alerting: with bad ones nobody is told of anything."""

    def read() -> str:
        channels = settings_in_force(ctx).channels
        return f"channels: {', '.join(c.name for c in channels)}" if channels else "nobody is told"

    return _try("alerts", read, CheckState.FAIL)


def _incidents(paths: Paths) -> Check:
    """Read the rules of incidents and the runbooks: with bad ones no incident opens or ends."""
    from riskcockpit.services.incident_files import (  # noqa: PLC0415 - only to read
        rules_in_force,
        runbooks,
    )

    def read() -> str:
        rules, books = rules_in_force(paths), runbooks(paths)
        return f"{len(rules)} rules, runbooks: {', '.join(books) or 'none'}"

    return _try("incidents", read, CheckState.FAIL)


def _directories(paths: Paths) -> Iterator[Check]:
    for name in ("cache", "ledger", "state"):
        folder: Path = getattr(paths, name)
        if not folder.exists():
            yield Check(name, CheckState.NOTE, f"{folder} is not there yet")
        elif not os.access(folder, os.W_OK):
            yield Check(name, CheckState.FAIL, f"{folder} cannot be written", "check its owner")
        elif folder.stat().st_mode & _OPEN_TO_OTHERS and name != "ledger":
            yield Check(name, CheckState.WARN, f"{folder} is open to others", f"chmod 700 {folder}")
        else:
            yield Check(name, CheckState.OK, str(folder))


def _modes(ledger: Path) -> Iterator[Check]:
    """Look at who may read and write what in a ledger, one by one."""
    from riskcockpit.ledger.modes import modes_of, wrong_modes  # noqa: PLC0415 - only here

    if not ledger.is_dir():
        return
    modes, wrong = modes_of(ledger), wrong_modes(ledger)
    shared = "shared by a group" if modes.is_shared else "private"
    if not wrong:
        yield Check("ledger modes", CheckState.OK, shared)
    for path, mode, wanted in wrong[:_MOST_MODES]:
        detail = f"{shared}; {path} has mode {mode:o}, not {wanted:o}"
        yield Check("ledger modes", CheckState.WARN, detail, f"chmod {wanted:o} {path}")
    if len(wrong) > _MOST_MODES:
        more = f"{len(wrong) - _MOST_MODES} more with other modes than they should have"
        yield Check("ledger modes", CheckState.WARN, more)


def _openssh() -> Check:
    program = shutil.which("ssh-keygen")
    if program is None:
        return Check("ssh-keygen", CheckState.FAIL, "not found", "install OpenSSH's client")
    return Check("ssh-keygen", CheckState.OK, program)


_TRIAL = "riskcockpit-trial@v1"
"""The namespace of a signature that is only tried: nothing accepts it."""


def _identity(ctx: Context) -> Check:
    def who() -> str:
        signer = ctx.signer()
        if why_not := signer.why_not():
            raise LedgerError(why_not, hint="`ssh-add` loads it, `ssh-add -L` lists what is there")
        if not signer.is_in_agent:  # there it may want a touch, or to be confirmed
            signer.sign(b"trial", _TRIAL)
        return f"{signer.principal} signs with {ctx.key} ({signer.fingerprint})"

    return _try("identity", who, CheckState.WARN)


def _roles(ctx: Context) -> Iterator[Check]:
    """Read the roles, where there are any: with bad ones nobody decides anything."""
    from riskcockpit.services.record import read_roles  # noqa: PLC0415 - cryptography loads here

    def read() -> str:
        roles, _ = read_roles(ctx)
        people = plural(len(roles.principals), "person", "people")
        return f"{people}, {plural(len(roles.rules), 'rule')}"

    if (ctx.paths.ledger / ROLES).exists():
        yield _try("roles", read, CheckState.FAIL)


def _ledger(ctx: Context) -> Check:
    from riskcockpit.services.verify import verify_ledger  # noqa: PLC0415 - cryptography loads here

    def verified() -> str:
        report = verify_ledger(ctx)
        if report.is_ok:
            return f"{report.entries} entries"
        first = report.problems[0]
        raise LedgerError(
            f"{len(report.problems)} problems; {first.chain}: {first.why}",
            hint="`riskcockpit ledger verify`",
        )

    return _try("ledger verifies", verified, CheckState.FAIL)


def _clock(ctx: Context) -> Check:
    """Compare the clock with the newest entry: entries are signed with the time it shows."""
    from riskcockpit.services.verify import ledger_rows  # noqa: PLC0415 - as above

    now = ctx.clock.now()

    def compared() -> str:
        newest = max((row.ts for row in ledger_rows(ctx, None)), default=now)
        if newest > now + _CLOCK_SLACK:
            raise InputError(
                f"{stamp(now)} is before the newest ledger entry, {stamp(newest)}",
                hint="set the clock: decisions are signed with its time",
            )
        return stamp(now)

    return _try("clock", compared, CheckState.FAIL)


def _cache(ctx: Context) -> Check:
    def look() -> str:
        generation = ctx.store.generation()
        if generation == 0:
            return "empty"
        with ctx.store.reader() as reader:
            return f"generation {reader.generation}"

    return _try("cache opens", look, CheckState.FAIL)


def _trust() -> Check:
    given = [name for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if name in os.environ]
    elsewhere = [
        name
        for name in ("REQUESTS_CA_BUNDLE", "AWS_CA_BUNDLE", "GIT_SSL_CAINFO")
        if name in os.environ
    ]
    if elsewhere and not given:
        return Check(
            "certificates",
            CheckState.NOTE,
            f"{', '.join(elsewhere)} set, which riskcockpit does not read",
            "set SSL_CERT_FILE to the same file if sources fail with certificate errors",
        )
    source = ", ".join(given) or ssl.get_default_verify_paths().openssl_cafile
    return Check("certificates", CheckState.OK, f"{ssl.OPENSSL_VERSION}; {source}")


def _proxies() -> Iterator[Check]:
    names = [n for n in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY") if n in os.environ]
    names += [n.lower() for n in ("HTTPS_PROXY", "HTTP_PROXY") if n.lower() in os.environ]
    if names:
        yield Check("proxy", CheckState.NOTE, f"from {', '.join(names)}")


def _credentials(ctx: Context) -> Iterator[Check]:
    """Say where each credential comes from and until when it holds; never what it is."""
    from riskcockpit.config.credentials import resolve  # noqa: PLC0415 - only sources need it

    for name, ref in _references(ctx):

        def look(ref: CredentialRef = ref) -> str:
            found = resolve(ref, ctx.clock)
            who = f" as {found.username}" if found.username else ""
            until = f", expires {stamp(found.expires_at)}" if found.expires_at else ""
            if found.expires_at is not None and found.expires_at <= ctx.clock.now():
                raise ConfigError(
                    f"{found.source} expired {stamp(found.expires_at)}", hint="log in again"
                )
            return f"{found.source}{who}{until or ', does not say when it expires'}"

        yield _try(name, look, CheckState.FAIL)


def _references(ctx: Context) -> Iterator[tuple[str, CredentialRef]]:
    """Yield what each credential of sources and channels is called, and where it comes from."""
    for source in ctx.settings.sources:
        for use, ref in (("read", source.credential), ("write", source.write_credential)):
            if ref is not None:
                yield f"{use} credential of {source.name}", ref
    with suppress(RiskcockpitError):  # told where the rules of alerting are read
        for channel in settings_in_force(ctx).channels:
            for use, secret in (("address", channel.url), ("secret", channel.secret)):
                if secret and not isinstance(secret, str):
                    yield f"{use} of channel {channel.name}", secret


def _sources(ctx: Context) -> Iterator[Check]:
    from riskcockpit.connectors.api import Checks  # noqa: PLC0415 - connectors load here
    from riskcockpit.services.connecting import why_read_only  # noqa: PLC0415 - as above

    for source in ctx.settings.sources:

        def reach(name: str = source.name) -> str:
            settings = ctx.source(name)
            if settings is None:  # pragma: no cover - the loop gave the name
                return ""
            connector = ctx.connector(settings)
            try:
                seen = connector.check() if isinstance(connector, Checks) else "no check known"
                write = "read only" if why_read_only(connector, settings) else "may act"
            finally:
                connector.close()
            return f"{seen}; {write}"

        yield _try(f"source {source.name}", reach, CheckState.FAIL)


def _knowledge(ctx: Context) -> Iterator[Check]:
    """Look at the age of what is known from elsewhere: stale is never well."""
    from riskcockpit.services.sources import enrichments  # noqa: PLC0415 - it imports msgspec

    try:
        known = {one.kind: one for one in enrichments(ctx)}
    except (RiskcockpitError, OSError):
        return  # `cache opens` says why
    for kind, title in KNOWLEDGE.items():
        one = known.get(kind)
        if one is None:
            hint = f"`riskcockpit import` takes {_KNOWLEDGE_FROM[kind]}; see docs/enrichment.md"
            yield Check(title, CheckState.NOTE, "none imported", hint)
        elif one.state == "stale":
            hint = f"import {_KNOWLEDGE_FROM[kind]} again: what is older says little of today"
            yield Check(title, CheckState.WARN, loaded(one, ctx.clock.now()), hint)
        else:
            yield Check(title, CheckState.OK, loaded(one, ctx.clock.now()))


def _terminal() -> Check:
    term = os.environ.get("TERM", "")
    if not sys.stdout.isatty():
        return Check("terminal", CheckState.NOTE, "stdout is not a terminal")
    if term in ("", "dumb"):
        return Check("terminal", CheckState.WARN, f"TERM={term or 'unset'}", "use the subcommands")
    size = shutil.get_terminal_size()
    where = "over SSH; `ssh -C` makes it quicker" if "SSH_CONNECTION" in os.environ else "local"
    return Check("terminal", CheckState.OK, f"{term} {size.columns}x{size.lines}, {where}")


def _try(name: str, look: Callable[[], str], bad: CheckState) -> Check:
    try:
        return Check(name, CheckState.OK, look())
    except RiskcockpitError as error:
        return Check(name, bad, error.message, error.hint or "")
    except OSError as error:
        return Check(name, bad, f"{error.filename}: {error.strerror}")
