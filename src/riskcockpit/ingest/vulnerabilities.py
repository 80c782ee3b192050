"""Names of vulnerabilities, packages and images, so that the same thing has one name. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from riskcockpit.domain.finding import Package

_CVE = re.compile(r"CVE-(\d{4})-(\d{4,})", re.IGNORECASE)
_GHSA = re.compile(r"GHSA(-[23456789cfghjmpqrvwx]{4}){3}", re.IGNORECASE)
_TAG = re.compile(r":[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$")
_LOWER_CASE_TYPES = frozenset(
    ("alpm", "apk", "bitbucket", "composer", "deb", "github", "golang", "npm", "oci", "pypi", "rpm")
)
_TYPE_NAMES = {
    "alpine": "apk", "amazon": "rpm", "centos": "rpm", "crates.io": "cargo", "debian": "deb",
    "dpkg": "deb", "go": "golang", "go-module": "golang", "java-archive": "maven",
    "javascript": "npm", "packagist": "composer", "pip": "pypi", "python": "pypi",
    "python-pkg": "pypi", "redhat": "rpm", "rubygems": "gem", "rust-crate": "cargo",
    "ubuntu": "deb",
}  # fmt: skip
_PREFIX = re.compile(r"^(?:[vV]|0:)")
_DASHES = re.compile(r"[-_.]+")


def canonical(ids: Iterable[str]) -> str:
    """Return the one id a vulnerability is known by: CVE, then GHSA, then the vendor's own.

    Of several of a kind the oldest wins, so that the order in the report does not matter.
    """
    return min(normalised(ids), key=_rank, default="")


def normalised(ids: Iterable[str]) -> tuple[str, ...]:
    """Return all ids in their canonical spelling, each once, best first."""
    return tuple(sorted({_spelled(text) for text in ids if text.strip()}, key=_rank))


def package_key(package: Package) -> tuple[str, str, str]:
    """Return (type, namespace, name) as package URLs normalise them; never the version."""
    type_ = package.type.strip().lower() or "generic"
    type_ = _TYPE_NAMES.get(type_, type_)
    namespace, name = package.namespace.strip("/ "), package.name.strip()
    if not namespace and type_ in ("npm", "golang", "composer") and "/" in name:
        namespace, _, name = name.rpartition("/")
    elif not namespace and type_ == "maven" and ":" in name:
        namespace, _, name = name.partition(":")
    if type_ in _LOWER_CASE_TYPES:
        namespace, name = namespace.lower(), name.lower()
    if type_ == "pypi":
        name = _DASHES.sub("-", name)
    return type_, namespace, name


def package_name(package: Package) -> tuple[str, str]:
    """Return (type, namespace and name in one) as they are stored and shown."""
    type_, namespace, name = package_key(package)
    return type_, f"{namespace}/{name}" if namespace else name


def without_epoch(version: str) -> str:
    """Return a version without a leading `v` or the epoch 0, which some tools write."""
    return _PREFIX.sub("", version.strip())


def without_tag(asset: str) -> str:
    """Return an image's name without tag and digest; any other name as it is.

    A new tag is a new build of the same asset; what was decided about it stays decided.
    """
    if "://" in asset or asset.startswith(("arn:", "urn:")) or " " in asset:
        return asset
    name, at, digest = asset.partition("@")
    if at and not digest.startswith("sha"):
        return asset
    head, slash, last = name.rpartition("/")
    return head + slash + (_TAG.sub("", last) if last.count(":") == 1 else last)


def _spelled(text: str) -> str:
    text = text.strip()
    if _CVE.fullmatch(text):
        return text.upper()
    return "GHSA" + text[4:].lower() if _GHSA.fullmatch(text) else text


def _rank(text: str) -> tuple[int, int, int, str]:
    if match := _CVE.fullmatch(text):
        return 0, int(match[1]), int(match[2]), text
    return (1 if text.startswith("GHSA-") else 2), 0, 0, text
