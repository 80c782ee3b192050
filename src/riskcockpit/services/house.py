"""The rules of this home for what comes in: how reports are read, and what ingest makes of them."""

from __future__ import annotations

from riskcockpit.domain.asset import Asset, AssetKind
from riskcockpit.domain.redaction import Redactor
from riskcockpit.errors import ConfigError
from riskcockpit.formats.api import ReadOptions
from riskcockpit.ingest.policy import IngestPolicy
from riskcockpit.services.context import Context
from riskcockpit.services.own_formats import own_formats
from riskcockpit.services.redaction_key import key_for_a_look, redaction_key
from riskcockpit.services.rule_names import rule_names


def read_options_of(ctx: Context, *, is_kept: bool = True) -> ReadOptions:
    """Return how reports are read in this home, which need not be writable if nothing is kept.

    Raises:
        StoreError: there is no redaction key and none can be made.
    """
    redactor = Redactor((redaction_key if is_kept else key_for_a_look)(ctx.paths))
    settings = ctx.settings.imports
    return ReadOptions(
        checkout_prefixes=settings.checkout_prefixes,
        redact=redactor,
        secret_digest=redactor.digest,
        severity_overrides=settings.severity_overrides,
        max_bytes=settings.max_file_bytes,
        max_depth=settings.max_depth,
        own=own_formats(ctx.paths),
    )


def policy_of(ctx: Context) -> IngestPolicy:
    """Return the rules of the house for ingest.

    Raises:
        ConfigError: the list of renamed rules cannot be read.
    """
    settings = ctx.settings
    assets = {
        asset.name: Asset(
            asset.name,
            _asset_kind(asset.kind, asset.name),
            asset.domain,
            asset.owner,
            asset.environment,
            asset.tier,
        )
        for asset in settings.assets
    }
    return IngestPolicy(settings.sla, settings.closure, assets, rule_names(ctx.paths))


def _asset_kind(word: str, name: str) -> AssetKind:
    try:
        return AssetKind(word)
    except ValueError as error:
        known = ", ".join(kind.value for kind in AssetKind)
        raise ConfigError(
            f"asset {name!r} has the unknown kind {word!r}", hint=f"known kinds: {known}"
        ) from error
