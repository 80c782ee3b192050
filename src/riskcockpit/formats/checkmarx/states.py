"""What the forms of Checkmarx's results share: tool, kinds of check, states."""

from __future__ import annotations

from riskcockpit.domain.finding import Location
from riskcockpit.domain.severity import Severity
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions
from riskcockpit.formats.members import Members
from riskcockpit.formats.paths import normalise

TOOL = "Checkmarx"
SAST = "sast"
IAC = "iac"
SCA = "sca"
CONTAINERS = "containers"
SECRETS = "secrets"
KINDS = {
    "sast": SAST,
    "kics": IAC,
    "iac": IAC,
    "sca": SCA,
    "sca-container": CONTAINERS,
    "containers": CONTAINERS,
    "sscs-secret-detection": SECRETS,
    "apisec": "api-security",
    "sscs-scorecard": "scorecard",
}
"""Type of a result → category of its scan."""
SCALE = {"information": Severity.INFO}
NOT_EXPLOITABLE = "NOT_EXPLOITABLE"
PROPOSED = "PROPOSED_NOT_EXPLOITABLE"
FIXED = "FIXED"


def state_of(record: Members) -> str:
    """Return the state in the spelling of the API: `Not Exploitable` is `NOT_EXPLOITABLE`."""
    return record.text("state").upper().replace(" ", "_")


def is_fixed(record: Members) -> bool:
    """Whether the result is listed only to say that it is gone."""
    return record.text("status").upper() == FIXED


def titled(query: str) -> str:
    """Return the name of a query in words: `Reflected_XSS` is `Reflected XSS`."""
    return wording.title(query.replace("_", " "))


def place_of(
    path: str, line: int | None, options: ReadOptions, code: str = ""
) -> tuple[Location, ...]:
    """Return the place; paths begin with a slash that stands for the repository."""
    tidy = normalise(path.lstrip("/"), options.checkout_prefixes)
    return (Location(tidy, line, None, None, wording.snippet(code)),) if tidy else ()
