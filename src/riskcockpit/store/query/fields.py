"""The fields a query knows: the only place from which a query gets its column expressions."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum

from riskcockpit.domain.finding import FindingClass, State
from riskcockpit.domain.pillar import Pillar
from riskcockpit.domain.severity import Severity
from riskcockpit.store.query.ast import Operator

_ORDER = (Operator.GREATER, Operator.AT_LEAST, Operator.LESS, Operator.AT_MOST)
_SAME = (Operator.HAS, Operator.EQUAL, Operator.NOT_EQUAL)


class Kind(StrEnum):
    """What a field holds; decides its operators and how a value is read."""

    SEVERITY = "severity"
    """An ordered word."""
    STATE = "state"
    """A word; `state:open` means everything that still asks for work."""
    WORD = "word"
    """One of a few words."""
    TEXT = "text"
    """A name, an id or a path: `:` takes globs."""
    PROSE = "prose"
    """Sentences: `:` finds a part."""
    IDS = "ids"
    """A list of ids, of which one must match."""
    NUMBER = "number"
    MONEY = "money"
    """An amount in the currency of the settings."""
    AGE = "age"
    """A time since a moment."""
    MOMENT = "moment"
    """A moment that may lie ahead."""
    PAST = "past"
    """A moment that has passed."""
    CWES = "cwes"
    """A list of weakness numbers."""
    FLAG = "flag"
    """True or false; its bare name means true."""


OPERATORS: dict[Kind, tuple[Operator, ...]] = {
    Kind.SEVERITY: (*_SAME, *_ORDER),
    Kind.STATE: _SAME,
    Kind.WORD: _SAME,
    Kind.TEXT: (*_SAME, Operator.MATCHES),
    Kind.PROSE: (*_SAME, Operator.MATCHES),
    Kind.IDS: (*_SAME, Operator.MATCHES),
    Kind.NUMBER: (*_SAME, *_ORDER),
    Kind.MONEY: (*_SAME, *_ORDER),
    Kind.AGE: _ORDER,
    Kind.MOMENT: (*_SAME, *_ORDER),
    Kind.PAST: (*_SAME, *_ORDER),
    Kind.CWES: _SAME,
    Kind.FLAG: _SAME,
}
"""Which operators a kind of field takes."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the grammar, for the parser, the compiler and for completion."""

    name: str
    kind: Kind
    meaning: str
    column: str
    """A constant expression over `finding`; never made of anything a person typed."""
    values: tuple[str, ...] = ()
    """The words it may hold; empty when it may hold anything."""
    aliases: tuple[str, ...] = ()
    is_nullable: bool = False
    example: str = ""
    is_sortable: bool = True
    texts: str = ""
    """Which of the kept texts hold it, `wording` or `place`: they are fewer than findings."""
    kept: str = ""
    """The expression over the kept texts, where it is not `column`."""
    is_apart: bool = False
    """Whether a finding has but the number of it, and `column` is one of `text_<column>`."""

    @property
    def operators(self) -> tuple[Operator, ...]:
        """The operators it takes."""
        return OPERATORS[self.kind]


_DESCRIPTION = (
    "(SELECT told.description FROM text_description AS told WHERE told.id = description_id)"
)
_BOOLEANS = ("true", "false")
_STATES = tuple(state.value for state in State)
_PILLARS = tuple(pillar.value for pillar in Pillar)
_CLASSES = tuple(class_.value for class_ in FindingClass)
_SEVERITIES = tuple(severity.word for severity in reversed(Severity))
_OPEN = "state IN ('open', 'triage', 'pending_waiver')"

_FIELDS = (
    Field("severity", Kind.SEVERITY, "how bad it is", "severity", _SEVERITIES, ("sev",),
          example="severity>=high"),
    Field("state", Kind.STATE, "where it stands; `state:open` is all that asks for work", "state",
          _STATES, example="state:open"),
    Field("pillar", Kind.WORD, "the pillar it belongs to", "pillar", _PILLARS,
          example="pillar:model_validation"),
    Field("class", Kind.WORD, "what kind of thing is at fault", "class", _CLASSES,
          example="class:dependency"),
    Field("id", Kind.TEXT, "its id, or the beginning of it with a *", "id", example="id:4f1c*"),
    Field("owner", Kind.TEXT, "the team that answers for it", "owner", example="owner:payments"),
    Field("asset", Kind.TEXT, "what it was found in", "asset", example="asset:core-*"),
    Field("tool", Kind.TEXT, "the tool that found it", "tool", example="tool:trivy"),
    Field("rule", Kind.TEXT, "the rule of the tool", "rule", example="rule:*sql*",
          texts="wording"),
    Field("category", Kind.TEXT, "the tool's category of the scan", "category"),
    Field("branch", Kind.TEXT, "the branch it was found on", "branch", example="branch:main"),
    Field("path", Kind.TEXT, "the file it is in", "path", example="path:vendor/*",
          texts="place"),
    Field("package", Kind.TEXT, "the vulnerable package", "package_name", example="package:openssl",
          aliases=("pkg",), texts="wording"),
    Field("version", Kind.TEXT, "the version of the package", "package_version"),
    Field("model", Kind.TEXT, "the model it is about", "model", example="model:fraud-scoring"),
    Field("metric", Kind.TEXT, "the metric of a monitor", "metric", example="metric:psi"),
    Field("segment", Kind.TEXT, "the feature or group of a monitor", "segment"),
    Field("resource", Kind.TEXT, "the cloud resource or the URL", "resource"),
    Field("source", Kind.TEXT, "the configured source it came from", "source_id"),
    Field("title", Kind.PROSE, "its title", "title", texts="wording"),
    Field("description", Kind.PROSE, "its description", "description", is_sortable=False,
          texts="wording", is_apart=True),
    Field("text", Kind.PROSE, "title and description", f"(title || ' ' || {_DESCRIPTION})",
          example='text~"sql injection"', is_sortable=False, texts="wording",
          kept="(title || ' ' || description)"),
    Field("vulnerability", Kind.IDS, "one of its vulnerability ids",
          "vulnerability_ids", aliases=("cve", "vuln"), example="cve:CVE-2024-3094",
          is_sortable=False),
    Field("cwe", Kind.CWES, "one of its weakness numbers", "cwes", example="cwe:89",
          is_sortable=False),
    Field("epss", Kind.NUMBER, "probability of exploitation, 0 to 1", "epss", is_nullable=True,
          example="epss>0.5"),
    Field("percentile", Kind.NUMBER, "share of vulnerabilities that EPSS finds no likelier",
          "epss_percentile", is_nullable=True, example="percentile>=0.99"),
    Field("cvss", Kind.NUMBER, "CVSS score, 0 to 10", "cvss", is_nullable=True, example="cvss>=9"),
    Field("line", Kind.NUMBER, "line number", "line", is_nullable=True),
    Field("reopens", Kind.NUMBER, "how often it came back", "reopened_count", example="reopens>0"),
    Field("exposure", Kind.MONEY, "money at risk a year", "exposure", example="exposure>100k"),
    Field("age", Kind.AGE, "time since it was first seen", "first_seen", example="age>48h"),
    Field("due", Kind.MOMENT, "its deadline; a duration counts from now", "due_at",
          is_nullable=True, example="due<7d"),
    Field("waived_until", Kind.MOMENT, "when its waiver ends", "waived_until", is_nullable=True,
          example="waived_until<7d"),
    Field("first_seen", Kind.PAST, "when it was first seen", "first_seen",
          example="first_seen>=2026-01-31"),
    Field("last_seen", Kind.PAST, "when it was last seen", "last_seen", example="last_seen<-7d"),
    Field("fixed_at", Kind.PAST, "when it was fixed", "fixed_at", is_nullable=True,
          example="fixed_at>-7d"),
    Field("kev", Kind.FLAG, "listed as known to be exploited", "is_kev", _BOOLEANS),
    Field("kev_added", Kind.PAST, "when it was listed as known to be exploited", "kev_added",
          is_nullable=True, example="kev_added>-7d"),
    Field("kev_due", Kind.MOMENT, "by when the catalogue of exploited ones wants it mended",
          "kev_due", is_nullable=True, example="kev_due<7d"),
    Field("ransomware", Kind.FLAG, "known to be used by ransomware", "is_ransomware", _BOOLEANS,
          is_nullable=True),
    Field("waived", Kind.FLAG, "covered by a waiver in force", "(state = 'waived')", _BOOLEANS),
    Field("new", Kind.FLAG, "first recorded here within the last 24 hours",
          "(detected_at > CAST($now AS TIMESTAMP) - INTERVAL 24 HOUR)", _BOOLEANS),
    Field("overdue", Kind.FLAG, "still asks for work after its deadline",
          f"(due_at < CAST($now AS TIMESTAMP) AND {_OPEN})", _BOOLEANS, is_nullable=True),
    Field("unconfirmed", Kind.FLAG, "absent from the last scan, which was not complete",
          "is_unconfirmed_absent", _BOOLEANS),
)  # fmt: skip
_BY_NAME = {name: field for field in _FIELDS for name in (field.name, *field.aliases)}

PRIORITY = "priority"
"""The order of a query that names none: exploited, due in a week, severity, EPSS, money, age."""
_GROUPABLE = (Kind.SEVERITY, Kind.STATE, Kind.WORD, Kind.TEXT)


def fields() -> tuple[Field, ...]:
    """Return all fields, in the order in which help and completion show them."""
    return _FIELDS


def field_named(name: str) -> Field | None:
    """Return the field of that name or alias, whatever its case; None when there is none."""
    return _BY_NAME.get(name.lower())


def nearest(name: str, known: tuple[str, ...] = tuple(_BY_NAME)) -> str | None:
    """Return the known name that `name` is most like, or None."""
    return next(iter(get_close_matches(name.lower(), known, n=1, cutoff=0.5)), None)


def sortable() -> tuple[str, ...]:
    """Return the names that `sort:` takes."""
    return (PRIORITY, *(field.name for field in _FIELDS if field.is_sortable))


def groupable() -> tuple[str, ...]:
    """Return the names that `group:` and facets take."""
    return tuple(field.name for field in _FIELDS if field.kind in _GROUPABLE)
