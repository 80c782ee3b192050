"""CycloneDX in JSON and XML, with vulnerabilities and as VEX."""

from __future__ import annotations

from typing import Any

import pytest

from riskcockpit.domain.finding import Package, VexStatus
from riskcockpit.domain.severity import Severity
from riskcockpit.errors import FormatError
from support.reading import format_of, only, report, scan_of

PURL = "pkg:maven/org.example/parser@2.0.0"


def vulnerability(*affected: Any, **members: Any) -> dict[str, Any]:
    return {
        "id": "CVE-2026-0001",
        "source": {"name": "NVD", "url": "https://example.invalid/CVE-2026-0001"},
        "ratings": [{"severity": "high", "score": 7.5, "method": "CVSSv31"}],
        "cwes": [79],
        "description": "It parses too much.",
        "affects": [{"ref": ref} if isinstance(ref, str) else ref for ref in affected or ("one",)],
    } | members


def component(ref: str = "one", **members: Any) -> dict[str, Any]:
    found = {"bom-ref": ref, "type": "library", "name": "parser", "version": "2.0.0"}
    return found | {"group": "org.example", "purl": PURL} | members


def bom(*vulnerabilities: Any, **members: Any) -> dict[str, Any]:
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": "urn:uuid:1",
        "metadata": {
            "timestamp": "2026-11-20T10:00:00Z",
            "tools": {"components": [{"name": "trivy", "version": "0.60"}]},
        },
        "components": [component()],
        "vulnerabilities": list(vulnerabilities),
    } | members


def test_a_vulnerability_in_a_component_is_a_vulnerable_package() -> None:
    scan = scan_of(bom(vulnerability()))
    (seen,) = scan.observations
    assert seen.package == Package("maven", "parser", "org.example", "2.0.0")
    assert (seen.severity, seen.severity_source) == (Severity.HIGH, "ratings.severity by CVSSv31")
    assert (seen.cvss, seen.cwes, seen.tool) == (7.5, (79,), "trivy")
    assert (scan.tool, scan.tool_version, scan.category) == ("trivy", "0.60", "sbom")
    assert seen.title == "CVE-2026-0001 in org.example/parser 2.0.0"


def test_every_affected_component_is_a_record_and_so_is_a_vulnerability_without() -> None:
    nested = component(components=[component("two", name="inner", purl="", group="")])
    found = bom(vulnerability("one", "two", "gone"), vulnerability(affects=[]), components=[nested])
    packages = [seen.package for seen in scan_of(found).observations]
    assert packages == [
        Package("maven", "parser", "org.example", "2.0.0"),
        Package("generic", "inner", "", "2.0.0"),
        Package("generic", "gone"),
        None,
    ]


def test_a_link_into_another_document_is_followed_or_read_as_a_package_url() -> None:
    link = "urn:cdx:3e671687/1#pkg%3Anpm%2F%40bank%2Fui%401.0"
    seen = only(bom(vulnerability(link)))
    assert seen.package == Package("npm", "ui", "@bank", "1.0")


def test_the_vulnerabilitys_own_source_rates_it() -> None:
    ratings = [
        {"source": {"name": "nvd"}, "severity": "critical", "score": 9.8, "method": "CVSSv31"},
        {"source": {"name": "Debian"}, "severity": "low"},
        {"source": {"name": "redhat"}, "severity": "medium", "score": 5.0, "method": "CVSSv2"},
    ]
    seen = only(bom(vulnerability(ratings=ratings, source={"name": "debian"})))
    assert (seen.severity, seen.severity_source) == (Severity.LOW, "ratings.severity by Debian")
    assert seen.cvss == 9.8


@pytest.mark.parametrize(
    ("ratings", "expected", "raw"),
    [
        ([{"score": 9.8, "method": "CVSSv3"}], Severity.CRITICAL, "9.8"),
        (
            [{"method": "CVSSv31", "vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N"}],
            Severity.MEDIUM,
            "5.3",
        ),
        ([{"severity": "unknown"}], Severity.MEDIUM, "unknown"),
        ([], Severity.MEDIUM, ""),
        (None, Severity.MEDIUM, ""),
        ([{"severity": "low", "method": "OWASP"}, {"severity": "critical", "method": "CVSSv3"}],
         Severity.CRITICAL, "critical"),
    ],
)  # fmt: skip
def test_without_a_word_a_score_or_a_vector_rates(
    ratings: Any, expected: Severity, raw: str
) -> None:
    seen = only(bom(vulnerability(ratings=ratings)))
    assert (seen.severity, seen.severity_raw) == (expected, raw)


@pytest.mark.parametrize(
    ("state", "suppressed", "triage"),
    [
        ("exploitable", False, False),
        ("in_triage", False, True),
        ("not_affected", True, False),
        ("false_positive", True, False),
    ],
)
def test_analysis_decides_the_state(state: str, suppressed: bool, triage: bool) -> None:
    analysis = {"state": state, "justification": "code_not_reachable", "detail": "Dead code."}
    seen = only(bom(vulnerability(analysis=analysis)))
    assert (seen.is_suppressed, seen.needs_triage) == (suppressed, triage)
    assert "code_not_reachable; Dead code." in seen.description


@pytest.mark.parametrize("state", ["resolved", "resolved_with_pedigree"])
def test_what_is_resolved_is_counted_as_absent(state: str) -> None:
    scan = scan_of(bom(vulnerability(analysis={"state": state})))
    assert (scan.observations, scan.absent) == ((), 1)


def test_ids_of_references_are_aliases_and_a_known_id_comes_first() -> None:
    references = [{"id": "CVE-2026-0001"}, {"id": "GHSA-2222-3333-4444"}]
    seen = only(bom(vulnerability(id="c7129ff8-08bc", references=references)))
    assert seen.rule == "CVE-2026-0001"
    assert set(seen.vulnerability_ids) == {
        "CVE-2026-0001",
        "GHSA-2222-3333-4444",
        "C7129FF8-08BC",
    }


@pytest.mark.parametrize(
    ("recommendation", "expected"),
    [
        ("Upgrade parser to version 2.1.0", "2.1.0"),
        ("Upgrade to 1.4.1, 2.1.0 or 3.0 when you can.", "1.4.1, 2.1.0, 3.0"),
        ("Upgrade", ""),
    ],
)
def test_the_recommendation_names_the_fix(recommendation: str, expected: str) -> None:
    package = only(bom(vulnerability(recommendation=recommendation))).package
    assert package is not None
    assert package.fixed_version == expected


def test_the_asset_is_the_image_without_its_tag() -> None:
    subject = {"type": "container", "name": "registry.example.invalid/bank/app:1.2"}
    deb = component("two", purl="pkg:deb/debian/libfoo@1.0-1?distro=debian-12", name="libfoo")
    found = bom(vulnerability("one", "two"), components=[component(), deb])
    found["metadata"]["component"] = subject
    scan = scan_of(found)
    assert scan.asset == "registry.example.invalid/bank/app"
    assert [seen.package and seen.package.layer for seen in scan.observations] == ["lang", "os"]


def test_people_are_not_kept() -> None:
    credit = {"individuals": [{"name": "somebody", "email": "somebody@example.invalid"}]}
    assert b"somebody" not in only(bom(vulnerability(credits=credit))).raw


def test_a_mere_list_of_components_is_no_scan() -> None:
    found = bom()
    del found["vulnerabilities"]
    read = report(found)
    assert read.scans[0].is_partial
    assert "not a scan" in read.notes[0]
    assert not scan_of(bom()).is_partial


def test_one_bad_vulnerability_is_quarantined() -> None:
    scan = scan_of(bom(vulnerability(), vulnerability(id="", description="", source={}), "nothing"))
    assert len(scan.observations) == 1
    assert {each.where for each in scan.problems} == {
        "vulnerabilities[1].affects[0]",
        "vulnerabilities[2]",
    }


def test_members_in_any_order_are_known() -> None:
    found = {"components": [component()], "vulnerabilities": [], "bomFormat": "CycloneDX"}
    assert format_of(found) == "cyclonedx"
    many = {"components": [component(str(n)) for n in range(1000)], "bomFormat": "CycloneDX"}
    assert format_of(many) == "cyclonedx"


XML = """<?xml version="1.0"?>
<bom xmlns="http://cyclonedx.org/schema/bom/1.4" serialNumber="urn:uuid:1" version="1">
  <metadata><timestamp>2026-11-20T10:00:00Z</timestamp>
    <tools><tool><vendor>anchore</vendor><name>grype</name><version>0.41</version></tool></tools>
  </metadata>
  <components>
    <component type="library" bom-ref="one"><group>org.example</group><name>parser</name>
      <version>2.0.0</version><purl>pkg:maven/org.example/parser@2.0.0</purl></component>
  </components>
  <vulnerabilities>
    <vulnerability bom-ref="v">
      <id>CVE-2026-0001</id>
      <source><name>NVD</name><url>https://example.invalid/CVE-2026-0001</url></source>
      <references><reference><id>GHSA-2222-3333-4444</id></reference></references>
      <ratings><rating><score>7.5</score><severity>high</severity><method>CVSSv31</method></rating>
      </ratings>
      <cwes><cwe>79</cwe></cwes>
      <description>It parses too much.</description>
      <recommendation>Upgrade to 2.1.0</recommendation>
      <analysis><state>in_triage</state></analysis>
      <affects><target><ref>one</ref></target><target><ref>two</ref></target></affects>
      <credits><individuals><individual><name>somebody</name></individual></individuals></credits>
    </vulnerability>
  </vulnerabilities>
</bom>"""


def test_xml_says_the_same_as_json() -> None:
    scan = scan_of(XML)
    assert (scan.tool, scan.tool_version) == ("grype", "0.41")
    first, second = scan.observations
    assert first.package == Package("maven", "parser", "org.example", "2.0.0", "2.1.0")
    assert (first.severity, first.cvss, first.cwes) == (Severity.HIGH, 7.5, (79,))
    assert set(first.vulnerability_ids) == {"CVE-2026-0001", "GHSA-2222-3333-4444"}
    assert first.needs_triage
    assert b"somebody" not in first.raw
    assert second.package == Package("generic", "two", fixed_version="2.1.0")


EXTENSION = """<bom xmlns="http://cyclonedx.org/schema/bom/1.2"
  xmlns:v="http://cyclonedx.org/schema/ext/vulnerability/1.0" version="1">
  <components>
    <component type="library" bom-ref="one"><name>parser</name><version>2.0.0</version>
      <purl>pkg:pypi/parser@2.0.0</purl>
      <v:vulnerabilities><v:vulnerability ref="one"><v:id>CVE-2026-0001</v:id>
        <v:source name="NVD"><v:url>https://example.invalid/1</v:url></v:source>
        <v:ratings><v:rating><v:severity>Low</v:severity><v:method>OWASP Risk</v:method></v:rating>
          <v:rating><v:score><v:base>9.8</v:base></v:score><v:severity>Critical</v:severity>
          <v:method>CVSSv3</v:method></v:rating></v:ratings>
        <v:cwes><v:cwe>184</v:cwe></v:cwes>
        <v:recommendations><v:recommendation>Upgrade to 2.1</v:recommendation></v:recommendations>
      </v:vulnerability></v:vulnerabilities>
    </component>
  </components>
  <v:vulnerabilities><v:vulnerability ref="one"><v:id>CVE-2026-0002</v:id></v:vulnerability>
  </v:vulnerabilities>
</bom>"""


def test_the_extension_of_old_versions_is_read_in_both_its_places() -> None:
    scan = scan_of(EXTENSION)
    rules = {seen.rule: seen for seen in scan.observations}
    assert rules.keys() == {"CVE-2026-0001", "CVE-2026-0002"}
    seen = rules["CVE-2026-0001"]
    assert seen.package == Package("pypi", "parser", "", "2.0.0", "2.1")
    assert (seen.severity, seen.cvss, seen.cwes) == (Severity.CRITICAL, 9.8, (184,))
    assert seen.help_url == "https://example.invalid/1"


def test_xml_of_another_vocabulary_is_not_cyclonedx() -> None:
    with pytest.raises(FormatError):
        format_of('<bom xmlns="http://example.invalid/bom"/>')


def vex(*vulnerabilities: Any) -> dict[str, Any]:
    return bom(*vulnerabilities, components=[])


@pytest.mark.parametrize(
    ("state", "expected", "justification"),
    [
        ("exploitable", VexStatus.AFFECTED, "code_not_reachable"),
        ("in_triage", VexStatus.UNDER_INVESTIGATION, "code_not_reachable"),
        ("not_affected", VexStatus.NOT_AFFECTED, "code_not_reachable"),
        ("resolved", VexStatus.FIXED, "code_not_reachable"),
    ],
)
def test_analyses_without_components_are_statements(
    state: str, expected: VexStatus, justification: str
) -> None:
    analysis = {"state": state, "justification": justification, "detail": "Dead code."}
    scan = scan_of(vex(vulnerability(f"urn:cdx:1/1#{PURL}", analysis=analysis)))
    (said,) = scan.statements
    assert (scan.is_vex, scan.observations, scan.category) == (True, (), "urn:uuid:1")
    assert (said.status, said.justification) == (expected, justification)
    assert said.packages == (Package("maven", "parser", "org.example", "2.0.0"),)
    assert said.statement == "Dead code."
    assert said.said_at is not None


def test_statements_bind_to_the_subject_and_to_the_versions_that_are_affected() -> None:
    versions = [
        {"range": "vers:maven/<2.1", "status": "affected"},
        {"version": "3.0", "status": "unaffected"},
    ]
    affected = {"ref": "urn:cdx:1/1#pkg:maven/org.example/parser", "versions": versions}
    found = vex(vulnerability(affected, analysis={"state": "false_positive"}))
    found["metadata"]["component"] = {
        "name": "app",
        "bom-ref": "app",
        "purl": "pkg:oci/app@sha256:0",
    }
    (said,) = scan_of(found).statements
    assert (said.product, said.ranges) == ("app", ("vers:maven/<2.1",))
    assert said.justification == "false_positive"


@pytest.mark.parametrize(
    ("versions", "bound", "ranges"),
    [
        ([{"version": "5.1"}, {"version": "5.2"}], ["5.1", "5.2"], ()),
        ([{"version": "2.5"}, {"range": "vers:generic/<2.4"}], ["2.5", ""], ("vers:generic/<2.4",)),
        ([{"range": "vers:generic/<2.4"}], [""], ("vers:generic/<2.4",)),
        ([], [""], ()),
    ],
)
@pytest.mark.parametrize("status", ["unaffected", "affected"])
def test_a_statement_that_names_versions_is_about_no_others(
    status: str, versions: list[dict[str, str]], bound: list[str], ranges: tuple[str, ...]
) -> None:
    affected = {
        "ref": "urn:cdx:1/1#gadget",
        "versions": [one | {"status": status} for one in versions],
    }
    (said,) = scan_of(vex(vulnerability(affected, analysis={"state": "not_affected"}))).statements
    assert [package.version for package in said.packages] == bound
    assert said.ranges == ranges


def test_a_statement_about_the_subject_itself_is_about_the_asset() -> None:
    found = vex(vulnerability("app", analysis={"state": "not_affected"}))
    found["metadata"]["component"] = {"name": "app", "bom-ref": "app", "type": "container"}
    (said,) = scan_of(found).statements
    assert (said.packages, said.product) == ((), "app")


def test_vulnerabilities_without_analysis_are_findings_even_without_components() -> None:
    scan = scan_of(vex(vulnerability("unknown")))
    assert (len(scan.observations), scan.statements) == (1, ())


def test_an_id_is_optional_and_another_name_stands_in() -> None:
    told = vulnerability(id="", description="CVE-2026-0009 in the parser.")
    known = vulnerability(id="", description="It parses too much. Always.", source={})
    scan = scan_of(bom(told, known))
    assert [seen.rule for seen in scan.observations] == ["CVE-2026-0009", "IT PARSES TOO MUCH."]


@pytest.mark.parametrize(
    ("rating", "severity"),
    [
        ({"score": "7.5"}, Severity.HIGH),
        ({"vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}, Severity.CRITICAL),
        ({"score": 2.0, "method": "OWASP"}, Severity.MEDIUM),
    ],
)
def test_a_rating_may_leave_out_its_method(rating: dict[str, Any], severity: Severity) -> None:
    (seen,) = scan_of(bom(vulnerability(ratings=[rating]))).observations
    assert seen.severity is severity


def test_the_extension_of_old_versions_is_read_from_json() -> None:
    old = {
        "id": "CVE-2018-7489",
        "ratings": [{"score": {"base": 9.8}, "severity": "Critical", "method": "CVSSv3"}],
        "recommendations": ["Upgrade to 2.9.5"],
        "advisories": ["https://example.invalid/a"],
    }
    below = {"name": "one", "version": "1", "bom-ref": "one", "purl": "pkg:npm/one@1"}
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.2",
        "components": [below | {"vulnerabilities": [old]}],
        "vulnerabilities": [old | {"ref": "one", "id": "CVE-2018-7490"}],
    }
    scan = scan_of(document)
    told = {
        (seen.rule, seen.package and seen.package.name, seen.severity, seen.cvss)
        for seen in scan.observations
    }
    assert told == {
        ("CVE-2018-7489", "one", Severity.CRITICAL, 9.8),
        ("CVE-2018-7490", "one", Severity.CRITICAL, 9.8),
    }
