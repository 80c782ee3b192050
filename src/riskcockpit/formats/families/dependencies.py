"""Scanners of packages and images, SBOMs with vulnerabilities, and VEX."""

from __future__ import annotations

from base64 import b64decode

from riskcockpit.formats.builtin import BuiltIn
from riskcockpit.formats.govulncheck.sign import is_govulncheck
from riskcockpit.formats.grype.sign import is_grype
from riskcockpit.formats.npm_audit.sign import is_npm_audit
from riskcockpit.formats.osv.sign import is_osv_scanner
from riskcockpit.formats.shape import Shape
from riskcockpit.formats.signs import all_of, any_of, has, has_inner, lacks, says, xml
from riskcockpit.formats.trivy.sign import is_trivy

_CYCLONEDX = any_of(
    says("bomFormat", "cyclonedx"),
    xml("bom", namespace="cyclonedx.org/schema/bom"),
    says("$schema", "cyclonedx.org/schema/bom"),
    all_of(has("specVersion", "vulnerabilities"), lacks("spdxVersion", "scan")),
    # some writers sort the members so that bomFormat comes last, beyond the head of a large file
    all_of(has_inner("components", "bom-ref", "name", "type"), lacks("spdxVersion", "findings")),
)


def _encloses_openvex(shape: Shape) -> bool:
    """JSON of a signed envelope (DSSE), in which an attestation of OpenVEX begins."""
    if not {"payloadType", "payload"} <= shape.members.keys():
        return False
    packed = shape.members["payload"]
    try:
        return b"openvex" in b64decode(packed[: len(packed) // 4 * 4])
    except ValueError:
        return False


DEPENDENCIES: tuple[BuiltIn, ...] = (
    BuiltIn(
        "trivy",
        "Trivy JSON (image, fs, repo, config, k8s, compliance; schema 2 and the older list)",
        "trivy.reader",
        is_trivy,
    ),
    BuiltIn("grype", "Grype JSON (all versions)", "grype.reader", is_grype),
    BuiltIn("osv-scanner", "OSV-Scanner JSON (versions 1 and 2)", "osv.reader", is_osv_scanner),
    BuiltIn(
        "npm-audit",
        "npm audit (versions 6 and 7+), pnpm audit, yarn audit (1 and berry)",
        "npm_audit.reader",
        is_npm_audit,
    ),
    BuiltIn(
        "pip-audit",
        "pip-audit JSON (`dependencies` and the older list)",
        "pip_audit",
        any_of(
            all_of(
                has("name", kind="list"),
                any_of(has("vulns"), has("skip_reason")),
            ),
            has("dependencies", "fixes", kind="object"),
            all_of(
                has_inner("dependencies", "name"),
                any_of(
                    has_inner("dependencies", "vulns"), has_inner("dependencies", "skip_reason")
                ),
            ),
        ),
    ),
    BuiltIn(
        "govulncheck",
        "govulncheck JSON (stream of messages, and the older object)",
        "govulncheck.reader",
        is_govulncheck,
    ),
    BuiltIn(
        "cyclonedx",
        "CycloneDX 1.0 to 1.7 with vulnerabilities, JSON and XML; also as VEX",
        "cyclonedx.reader",
        _CYCLONEDX,
    ),
    BuiltIn(
        "openvex",
        "OpenVEX 0.0 and 0.2, bare or attested (in-toto, DSSE)",
        "openvex",
        any_of(says("@context", "openvex"), says("predicateType", "openvex"), _encloses_openvex),
    ),
    BuiltIn("csaf", "CSAF 2.0 and 2.1", "csaf.reader", has_inner("document", "csaf_version")),
)
"""Asked in this order: the most particular first."""
