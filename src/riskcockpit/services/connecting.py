"""Adding a source to the settings, and trying one: what it answers, and what it would give."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from riskcockpit.config.credentials import Credential, redact, resolve
from riskcockpit.config.editing import source_block, with_source, write_settings
from riskcockpit.config.paths import make_private
from riskcockpit.config.settings import CredentialRef, SourceSettings
from riskcockpit.connectors.api import Acts, Checks, Connector, Refrains
from riskcockpit.domain.batch import Batch, Document, Fact, Item
from riskcockpit.domain.configuration import Setting
from riskcockpit.domain.deployment import Deployment
from riskcockpit.domain.model import RegisteredModel
from riskcockpit.domain.reading import Reading
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import InputError, RiskcockpitError, UnknownNameError
from riskcockpit.formats import registry
from riskcockpit.formats.api import ReadOptions
from riskcockpit.present.text import stamp
from riskcockpit.services.context import Context
from riskcockpit.services.house import read_options_of
from riskcockpit.services.pieces import Piece, pieces_of
from riskcockpit.views.setup import Check, CheckState
from riskcockpit.views.sources import SourceAdded, SourceTest

SAMPLE_BATCHES = 3
"""How much of a source is read to see what it gives."""
SAMPLE_ITEMS = 3
"""How many of its items are told."""


def add_source(ctx: Context, source: SourceSettings) -> SourceAdded:
    """Write a source into the settings file, at the end of `sources`.

    Raises:
        ConfigError: the name is taken, or the file cannot be added to; nothing is changed then.
    """
    file = ctx.paths.settings
    text = file.read_bytes().decode("utf-8") if file.exists() else ""  # with its own line ends
    added = with_source(text, file, source)
    make_private(file.parent)
    write_settings(file, added)
    return SourceAdded(source.name, source.kind, str(file), source_block(source))


def try_named(ctx: Context, name: str) -> SourceTest:
    """Try the configured source called `name`, enabled or not.

    Raises:
        UnknownNameError: there is none.
    """
    source = ctx.source(name)
    if source is None:
        known = ", ".join(source.name for source in ctx.settings.sources)
        raise UnknownNameError(
            f'there is no source called "{name}"',
            hint=f"configured: {known}" if known else "`riskcockpit sources add` adds one",
        )
    return try_source(ctx, source)


def try_source(ctx: Context, source: SourceSettings) -> SourceTest:
    """Try a source: credentials, reach, and a sample of what it gives. Changes nothing."""
    checks = [
        _credential(ctx, "credential", source.credential),
        _credential(ctx, "write credential", source.write_credential),
    ]
    if any(check.state is CheckState.FAIL for check in checks):
        return SourceTest(source.name, source.kind, tuple(checks))
    try:
        connector = ctx.connector(source)
    except RiskcockpitError as error:
        return SourceTest(source.name, source.kind, (*checks, _failed("settings", error)))
    try:
        checks += [Check("settings", CheckState.OK, f"kind {source.kind}")]
        checks += [*_tried(ctx, connector), _acts(connector, source)]
    finally:
        connector.close()
    return SourceTest(source.name, source.kind, tuple(checks))


def _credential(ctx: Context, name: str, ref: CredentialRef | None) -> Check:
    if ref is None:
        return Check(name, CheckState.NOTE, "none")
    try:
        found = resolve(ref, ctx.clock)
    except RiskcockpitError as error:
        return _failed(name, error)
    if found.expires_at is not None and found.expires_at <= ctx.clock.now():
        ended = f"{_whence(found)}, which is over"
        return Check(name, CheckState.FAIL, ended, "log in again")
    return Check(name, CheckState.OK, _whence(found))


def _whence(found: Credential) -> str:
    whose = f", as {clean_line(found.username)}" if found.username else ""
    until = f", until {stamp(found.expires_at)}" if found.expires_at else ""
    return f"from {clean_line(found.source)}{whose}{until}"


def _tried(ctx: Context, connector: Connector) -> Iterator[Check]:
    try:
        if isinstance(connector, Checks):
            yield Check("reachable", CheckState.OK, clean_line(redact(connector.check())))
    except RiskcockpitError as error:
        yield _failed(
            "reachable", error, f"check url: kind {connector.kind} reads nothing that answers there"
        )
        return
    try:
        batches = list(islice(connector.pull("", ctx.clock.now()), SAMPLE_BATCHES))
    except RiskcockpitError as error:
        yield _failed("reads", error)
        return
    except Exception as error:  # noqa: BLE001 - a third party's connector may raise anything
        text = clean_line(redact(f"{type(error).__name__}: {error}"))[:300]
        yield Check("reads", CheckState.FAIL, f"the connector broke: {text}")
        return
    yield from _sampled(ctx, batches)


def _sampled(ctx: Context, batches: list[Batch]) -> Iterator[Check]:
    items = [item for batch in batches for item in batch.items]
    is_whole = bool(batches) and batches[-1].is_complete
    counts = {
        "reports": sum(isinstance(item, Document) for item in items),
        "models": sum(isinstance(item, RegisteredModel) for item in items),
        "readings": sum(isinstance(item, Reading) for item in items),
        "deployments": sum(isinstance(item, Deployment) for item in items),
        "settings": sum(isinstance(item, Setting) for item in items),
    }
    said = ", ".join(f"{count} {what}" for what, count in counts.items() if count) or "nothing"
    more = "" if is_whole else " and more"
    yield Check("reads", CheckState.OK if items else CheckState.NOTE, f"{said}{more}")
    samples = (sample for item in items[:SAMPLE_ITEMS] for sample in _samples(ctx, item))
    yield from islice(samples, SAMPLE_ITEMS)
    notes = [batch.coverage.note for batch in batches if batch.coverage.note]
    if notes:
        is_partial = any(batch.coverage.is_truncated for batch in batches)
        state = CheckState.WARN if is_partial else CheckState.NOTE
        yield Check("notes", state, clean_line(redact("; ".join(notes)))[:500])


def _samples(ctx: Context, item: Item) -> Iterator[Check]:
    if isinstance(item, Document):
        options = read_options_of(ctx)
        for piece in pieces_of(item, options):
            yield _report(piece, options)
    else:
        yield _fact(item)


def _fact(item: Fact) -> Check:
    if isinstance(item, RegisteredModel):
        return Check("sample", CheckState.OK, clean_line(f"model {item.name}"))
    if isinstance(item, Reading):
        where = f" [{item.segment}]" if item.segment else ""
        text = f"{item.subject}: {item.metric}{where} {item.value:.6g} at {stamp(item.at)}"
        return Check("sample", CheckState.OK, clean_line(text))
    if isinstance(item, Deployment):
        text = f"deployment of {item.asset} to {item.environment}: {item.status}"
        return Check("sample", CheckState.OK, clean_line(text))
    return Check("sample", CheckState.OK, clean_line(f"{item.asset}: {item.name}"))


def _report(piece: Piece, options: ReadOptions) -> Check:
    name, content = clean_line(piece.document.name), piece.document.content
    try:
        if piece.error is not None:
            raise piece.error
        format_ = registry.detect(content, options)
    except InputError as error:
        return Check("sample", CheckState.WARN, f"{name}: {error.message}", error.hint or "")
    return Check("sample", CheckState.OK, f"{name}: {format_.name}, {len(content)} bytes")


def why_read_only(connector: Connector, source: SourceSettings) -> str:
    """Return why nothing is changed upstream through `connector`; empty when it may act."""
    if not isinstance(connector, Acts):
        return f"kind {source.kind} changes nothing upstream"
    if isinstance(connector, Refrains):
        return connector.why_not()
    return "" if source.write_credential else "there is no write credential"


def _acts(connector: Connector, source: SourceSettings) -> Check:
    why = why_read_only(connector, source)
    if not isinstance(connector, Acts):
        return Check("acts", CheckState.NOTE, why)
    if why:
        return Check("acts", CheckState.NOTE, f"read only: {why}")
    return Check("acts", CheckState.OK, "may act; nothing was tried")


def _failed(name: str, error: RiskcockpitError, hint: str = "") -> Check:
    return Check(name, CheckState.FAIL, redact(error.message), redact(error.hint or hint))
