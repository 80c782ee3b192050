"""OpenVEX documents."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest

from riskcockpit.domain.finding import Package, VexStatement, VexStatus
from riskcockpit.errors import FormatError
from support.reading import format_of, report, scan_of

APK = "pkg:apk/alpine/openssl@1.1.1k-r0?arch=x86_64"
IMAGE = "pkg:oci/app@sha256:00?repository_url=registry.example.invalid%2Fbank&tag=1.2"


def statement(*products: Any, **members: Any) -> dict[str, Any]:
    return {
        "vulnerability": {"name": "CVE-2026-0001", "aliases": ["GHSA-2222-3333-4444"]},
        "products": list(products) or [{"@id": APK}],
        "status": "not_affected",
        "justification": "vulnerable_code_not_present",
        "impact_statement": "The code is not shipped.",
    } | members


def document(*statements: Any, **members: Any) -> dict[str, Any]:
    return {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": "https://example.invalid/vex/1",
        "author": "Example Org",
        "timestamp": "2026-11-20T10:00:00Z",
        "version": 3,
        "statements": list(statements),
    } | members


def said(content: Any) -> VexStatement:
    scan = scan_of(content)
    assert scan.problems == ()
    (found,) = scan.statements
    return found


def test_a_statement_about_a_product_is_no_finding() -> None:
    scan = scan_of(document(statement()))
    assert (scan.observations, scan.is_vex) == ((), True)
    assert (scan.category, scan.tool_version) == ("https://example.invalid/vex/1", "3")
    (found,) = scan.statements
    assert found.vulnerability_ids == ("CVE-2026-0001", "GHSA-2222-3333-4444")
    assert found.packages == (Package("apk", "openssl", "alpine", "1.1.1k-r0"),)
    assert (found.status, found.justification) == (
        VexStatus.NOT_AFFECTED,
        "vulnerable_code_not_present",
    )
    assert (found.statement, found.author) == ("The code is not shipped.", "Example Org")
    assert found.said_at is not None


@pytest.mark.parametrize("status", [each.value for each in VexStatus])
def test_all_statuses_are_read(status: str) -> None:
    assert said(document(statement(status=status))).status == status


def test_every_product_of_a_statement_is_one_of_its_own() -> None:
    scan = scan_of(document(statement({"@id": APK}, {"@id": IMAGE}), statement(products=[])))
    assert [each.record for each in scan.statements] == [
        "statements[0].products[0]",
        "statements[0].products[1]",
        "statements[1]",
    ]


def test_the_oldest_version_has_texts_for_products_and_vulnerability() -> None:
    found = said(document(statement(APK, vulnerability="CVE-2026-0001")))
    assert found.vulnerability_ids == ("CVE-2026-0001",)
    assert found.packages[0].name == "openssl"
    inner = statement("pkg:npm/app@1", vulnerability="CVE-2026-0001", subcomponents=["pkg:npm/x"])
    found = said(document(inner))
    assert (found.packages, found.product) == ((Package("npm", "x"),), "app")


@pytest.mark.parametrize(
    ("identifier", "expected"),
    [
        (IMAGE, "registry.example.invalid/bank/app"),
        ("pkg:oci/app?repository_url=r.invalid/bank/app", "r.invalid/bank/app"),
        ("pkg:docker/bank/app@1.2", "bank/app"),
        ("registry.example.invalid/bank/app:1.2", "registry.example.invalid/bank/app"),
        ("https://example.invalid/app", "https://example.invalid/app"),
        ("app", "app"),
    ],
)  # fmt: skip
def test_an_image_or_a_mere_name_is_an_asset(identifier: str, expected: str) -> None:
    found = said(document(statement({"@id": identifier})))
    assert (found.packages, found.product) == ((), expected)


def test_subcomponents_are_packages_in_the_product() -> None:
    product = {"@id": IMAGE, "subcomponents": [{"@id": "pkg:npm/a@1"}, {"@id": "pkg:npm/b@2"}]}
    found = said(document(statement(product)))
    assert found.packages == (Package("npm", "a", "", "1"), Package("npm", "b", "", "2"))
    assert found.product == "registry.example.invalid/bank/app"


def test_the_package_url_among_the_identifiers_counts() -> None:
    product = {"@id": "https://example.invalid/p", "identifiers": {"purl": "pkg:npm/a@1"}}
    assert said(document(statement(product))).packages == (Package("npm", "a", "", "1"),)


def test_the_statements_own_time_beats_the_documents() -> None:
    found = said(document(statement(timestamp="2026-11-21T10:00:00Z")))
    assert found.said_at is not None
    assert found.said_at.day == 21
    scan = scan_of(document(last_updated="2026-11-25T10:00:00Z"))
    assert scan.scanned_at is not None
    assert scan.scanned_at.day == 25


def attestation() -> dict[str, Any]:
    bare = statement()
    del bare["products"]
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "predicateType": "https://openvex.dev/ns/v0.2.0",
        "subject": [{"name": "registry.example.invalid/bank/app", "digest": {"sha256": "00"}}],
        "predicate": document(bare, statement()),
    }


def enveloped(payload: bytes) -> dict[str, Any]:
    packed = b64encode(payload).decode()
    kind = "application/vnd.in-toto+json"
    return {"payloadType": kind, "payload": packed, "signatures": [{"sig": "AA"}]}


@pytest.mark.parametrize("is_signed", [False, True])
def test_an_attested_document_is_about_its_subjects_where_it_names_no_product(
    *, is_signed: bool
) -> None:
    found = attestation()
    found = enveloped(json.dumps(found).encode()) if is_signed else found
    assert format_of(found) == "openvex"
    scan = scan_of(found)
    assert [(each.product, len(each.packages)) for each in scan.statements] == [
        ("registry.example.invalid/bank/app", 0),
        ("", 1),
    ]
    assert scan.category == "https://example.invalid/vex/1"


def test_envelopes_of_others_and_broken_ones_are_refused() -> None:
    other = enveloped(b'{"predicateType": "https://slsa.dev/provenance/v1"}')
    with pytest.raises(FormatError, match="not a known report format"):
        format_of(other)
    broken = enveloped(json.dumps(attestation()).encode())
    with pytest.raises(FormatError, match="base 64"):
        report(broken | {"payload": broken["payload"][:-3]})


def test_one_bad_statement_is_quarantined() -> None:
    parts = {"@id": IMAGE, "subcomponents": [{}]}
    scan = scan_of(
        document(
            statement(), statement(status="fine"), statement(vulnerability={}), "x",
            statement(parts),
        )
    )  # fmt: skip
    assert len(scan.statements) == 1
    assert [each.where for each in scan.problems] == [
        "statements[1].products[0]",
        "statements[2].products[0]",
        "statements[3]",
        "statements[4].products[0]",
    ]


def test_a_part_that_is_named_without_a_package_url_is_nobody_elses() -> None:
    parts = {"@id": IMAGE, "subcomponents": [{"@id": "libfoo"}]}
    (said,) = scan_of(document(statement(parts))).statements
    assert [(part.type, part.name) for part in said.packages] == [("generic", "libfoo")]
    assert said.product


def test_a_document_without_statements_is_read_and_other_linked_data_is_not() -> None:
    assert scan_of(document()).statements == ()
    assert report(document()).format == "openvex"
    with pytest.raises(FormatError):
        format_of({"@context": "https://schema.org", "statements": []})
    with pytest.raises(FormatError):
        format_of(["not", "a", "document"])
