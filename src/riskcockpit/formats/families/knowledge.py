"""What is known about findings from elsewhere: exploitation, owners, criticality."""

from __future__ import annotations

from riskcockpit.formats.builtin import BuiltIn
from riskcockpit.formats.enrichment.outside import is_backstage, is_codeowners, is_epss, is_kev

KNOWLEDGE: tuple[BuiltIn, ...] = (
    BuiltIn("epss", "EPSS scores, CSV as FIRST publishes it", "enrichment.epss", is_epss),
    BuiltIn("kev", "CISA's Known Exploited Vulnerabilities, JSON", "enrichment.kev", is_kev),
    BuiltIn(
        "backstage",
        "service catalogue (Backstage catalog-info.yaml)",
        "enrichment.backstage",
        is_backstage,
    ),
    BuiltIn(
        "codeowners",
        "CODEOWNERS of GitHub, GitLab and Bitbucket",
        "enrichment.codeowners",
        is_codeowners,
    ),
)
"""Asked in this order: the most particular first."""
