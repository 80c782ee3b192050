"""CSAF documents."""

from __future__ import annotations

from typing import Any

import pytest

from riskcockpit.domain.finding import Package, VexStatement, VexStatus
from riskcockpit.errors import FormatError
from support.reading import format_of, report, scan_of


def product(id_: str, name: str = "", purl: str = "") -> dict[str, Any]:
    helper = {"product_identification_helper": {"purl": purl}} if purl else {}
    return {"product_id": id_, "name": name or id_} | helper


def branch(category: str, name: str, *inner: Any, **members: Any) -> dict[str, Any]:
    return {"category": category, "name": name, "branches": list(inner)} | members


TREE = {
    "branches": [
        branch(
            "vendor",
            "Example Org",
            branch("product_version", "1.0", product=product("APP", "Example App 1.0")),
            branch("product_version", "3.4", product=product("LIB", purl="pkg:rpm/redhat/lib@3.4")),
            branch("product_version_range", "vers:rpm/<3.4",
                   product=product("OLD", purl="pkg:rpm/redhat/lib")),
        )
    ],
    "full_product_names": [
        product("IMG", purl="pkg:oci/img@sha256:0?repository_url=r.invalid/img"),
    ],
    "relationships": [
        {
            "category": "default_component_of",
            "product_reference": "IN-APP",
            "relates_to_product_reference": "IMG",
            "full_product_name": product("DEEP"),
        },
        {
            "category": "default_component_of",
            "product_reference": "LIB",
            "relates_to_product_reference": "APP",
            "full_product_name": product("IN-APP"),
        },
    ],
    "product_groups": [{"group_id": "G", "product_ids": ["LIB", "OLD"]}],
}  # fmt: skip


def vulnerability(**members: Any) -> dict[str, Any]:
    return {"cve": "CVE-2026-0001", "product_status": {"known_not_affected": ["LIB"]}} | members


def document(*vulnerabilities: Any, version: str = "2.0", **members: Any) -> dict[str, Any]:
    return {
        "document": {
            "category": "csaf_vex",
            "csaf_version": version,
            "publisher": {"name": "Example Org", "namespace": "https://example.invalid"},
            "tracking": {
                "id": "EX-1", "version": "2", "current_release_date": "2026-11-20T10:00:00Z",
            },
        },
        "product_tree": TREE,
        "vulnerabilities": list(vulnerabilities),
    } | members  # fmt: skip


def said(**members: Any) -> VexStatement:
    scan = scan_of(document(vulnerability(**members)))
    assert scan.problems == ()
    (found,) = scan.statements
    return found


@pytest.mark.parametrize(
    ("member", "expected"),
    [
        ("known_affected", VexStatus.AFFECTED),
        ("first_affected", VexStatus.AFFECTED),
        ("last_affected", VexStatus.AFFECTED),
        ("known_not_affected", VexStatus.NOT_AFFECTED),
        ("fixed", VexStatus.FIXED),
        ("first_fixed", VexStatus.FIXED),
        ("under_investigation", VexStatus.UNDER_INVESTIGATION),
    ],
)
def test_every_list_of_products_says_something_of_them(member: str, expected: VexStatus) -> None:
    found = said(product_status={member: ["LIB"]})
    assert found.status is expected
    assert found.packages == (Package("rpm", "lib", "redhat", "3.4"),)
    assert found.author == "Example Org"


def test_products_count_once_for_each_status_and_recommendations_say_nothing() -> None:
    status = {
        "first_fixed": ["LIB"], "fixed": ["LIB", "OLD"], "known_affected": ["APP"],
        "recommended": ["LIB"],
    }  # fmt: skip
    scan = scan_of(document(vulnerability(product_status=status)))
    assert sorted((each.status.value, each.record) for each in scan.statements) == [
        ("affected", "vulnerabilities[0] APP"),
        ("fixed", "vulnerabilities[0] LIB"),
        ("fixed", "vulnerabilities[0] OLD"),
    ]


@pytest.mark.parametrize(
    ("id_", "packages", "asset", "ranges"),
    [
        ("APP", (), "Example App 1.0", ()),
        ("LIB", (Package("rpm", "lib", "redhat", "3.4"),), "", ()),
        ("OLD", (Package("rpm", "lib", "redhat"),), "", ("vers:rpm/<3.4",)),
        ("IMG", (), "r.invalid/img", ()),
        ("IN-APP", (Package("rpm", "lib", "redhat", "3.4"),), "Example App 1.0", ()),
        ("DEEP", (Package("rpm", "lib", "redhat", "3.4"),), "r.invalid/img", ()),
    ],
)
def test_a_product_is_a_package_an_asset_or_a_package_in_an_asset(
    id_: str, packages: tuple[Package, ...], asset: str, ranges: tuple[str, ...]
) -> None:
    found = said(product_status={"known_not_affected": [id_]})
    assert (found.packages, found.product, found.ranges) == (packages, asset, ranges)


@pytest.mark.parametrize(("name", "version"), [("4.2.1", "4.2.1"), ("lib", "")])
def test_the_version_of_a_branch_binds_a_package_that_has_none(name: str, version: str) -> None:
    inner = branch("product_version", name, product=product("A", purl="pkg:rpm/redhat/lib"))
    tree = {"branches": [branch("vendor", "Example Org", inner)]}
    found = vulnerability(product_status={"known_not_affected": ["A"]})
    (seen,) = scan_of(document(found, product_tree=tree)).statements
    assert seen.packages == (Package("rpm", "lib", "redhat", version),)


def test_an_operating_system_is_no_asset_but_its_packages_are_meant() -> None:
    platform = product("OS", "Example Linux 9")
    platform["product_identification_helper"] = {"cpe": "cpe:/o:example:linux:9"}
    part = product("PART", purl="pkg:rpm/redhat/openssl@3.0.7-27.el9?arch=x86_64&epoch=1")
    tree = {
        "full_product_names": [platform, part],
        "relationships": [
            {
                "category": "default_component_of",
                "product_reference": "PART",
                "relates_to_product_reference": "OS",
                "full_product_name": product("OS:PART"),
            }
        ],
    }
    status = {"known_not_affected": ["OS:PART", "OS"]}
    scan = scan_of(document(vulnerability(product_status=status), product_tree=tree))
    assert [(each.packages, each.product) for each in scan.statements] == [
        ((Package("rpm", "openssl", "redhat", "1:3.0.7-27.el9"),), ""),
        ((), ""),
    ]


def test_justification_and_impact_are_those_of_the_product_or_its_group() -> None:
    found = said(
        flags=[
            {"label": "component_not_present", "product_ids": ["APP"]},
            {"label": "vulnerable_code_not_in_execute_path", "group_ids": ["G"]},
        ],
        threats=[{"category": "impact", "details": "Never called.", "product_ids": ["LIB"]}],
    )
    assert found.justification == "vulnerable_code_not_in_execute_path"
    assert found.statement == "Never called."


def test_the_remedy_stands_with_what_is_affected() -> None:
    found = said(
        product_status={"known_affected": ["LIB"]},
        remediations=[{"category": "vendor_fix", "details": "Update.", "product_ids": ["LIB"]}],
    )
    assert (found.statement, found.justification) == ("Update.", "")


def test_ids_of_the_vendor_are_aliases() -> None:
    found = said(ids=[{"system_name": "x", "text": "EX-1-B"}])
    assert found.vulnerability_ids == ("CVE-2026-0001", "EX-1-B")


def test_the_scan_is_named_by_publisher_and_document() -> None:
    scan = scan_of(document(version="2.1"))
    assert (scan.tool, scan.category) == ("CSAF", "https://example.invalid EX-1")
    assert (scan.tool_version, scan.is_vex) == ("2", True)


def test_another_version_is_refused_with_the_versions_that_are_read() -> None:
    with pytest.raises(FormatError) as caught:
        report(document(version="1.2"))
    assert caught.value.message == "CSAF 1.2 is not read"
    assert caught.value.hint == "versions that are read: 2.0, 2.1"


def test_one_bad_vulnerability_is_quarantined() -> None:
    scan = scan_of(
        document(
            vulnerability(),
            vulnerability(cve=None),
            vulnerability(product_status={"fixed": ["NOWHERE"]}),
            vulnerability(product_status={}),
            7,
        )
    )
    assert len(scan.statements) == 1
    assert len(scan.problems) == 3  # one without a status of any product says nothing


def test_other_documents_are_not_csaf() -> None:
    with pytest.raises(FormatError):
        format_of({"document": {"title": "x"}, "vulnerabilities": []})
