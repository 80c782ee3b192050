"""Takes secrets out of what a document says of itself and of owners; its records have none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from riskcockpit.domain.enrichment import Enrichment, Ownership, ServiceCatalogue
from riskcockpit.domain.finding import Scan


def scan_without_secrets(scan: Scan, redact: Callable[[str], str]) -> Scan:
    """Return the scan with what it says of itself redacted; its records were while reading."""
    return replace(
        scan,
        tool=redact(scan.tool),
        tool_version=redact(scan.tool_version),
        category=redact(scan.category),
        asset=redact(scan.asset),
        branch=redact(scan.branch),
        problems=tuple(replace(one, why=redact(one.why)) for one in scan.problems),
        tool_errors=tuple(map(redact, scan.tool_errors)),
        distrusted=tuple(map(redact, scan.distrusted)),
    )


def enrichment_without_secrets(one: Enrichment, redact: Callable[[str], str]) -> Enrichment:
    """Return what people wrote with its secrets redacted; scores and catalogues hold none."""
    match one:
        case Ownership():
            rules = (
                replace(rule, pattern=redact(rule.pattern), owners=tuple(map(redact, rule.owners)))
                for rule in one.rules
            )
            return replace(one, rules=tuple(rules))
        case ServiceCatalogue():
            entries = (
                replace(
                    entry,
                    name=redact(entry.name),
                    aliases=tuple(map(redact, entry.aliases)),
                    owner=redact(entry.owner),
                    domain=redact(entry.domain),
                    environment=redact(entry.environment),
                )
                for entry in one.entries
            )
            return replace(one, entries=tuple(entries))
        case _:
            return one
