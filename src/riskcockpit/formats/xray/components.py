"""Names of components as JFrog Xray writes them: `pypi://Jinja2:2.11.2`."""

from __future__ import annotations

from dataclasses import dataclass

from riskcockpit.domain.finding import Package
from riskcockpit.formats import wording
from riskcockpit.formats.package_types import layer_of, purl_type
from riskcockpit.formats.vulnerabilities import split_name

_RELEASED = frozenset({"alpine", "deb", "rpm"})
"""Schemes that put the release of the operating system first."""
_DIGEST = "sha256:"
"""How files without a package manager are named: by digest and path."""
_VERSION_PARTS = 3
"""Parts of `name:epoch:version` and of `distribution:release:…`."""
_SYSTEMS = {"alpine": "alpine"}


@dataclass(frozen=True, slots=True)
class Component:
    """A component by its parts."""

    scheme: str
    name: str
    version: str = ""
    system: str = ""
    """Operating system of its package, where the name has one."""

    def package(self, fixed: str = "") -> Package:
        """Return the package this component is."""
        type_ = purl_type(self.scheme)
        layer = layer_of(type_)
        if layer == "os":
            return Package(type_, self.name, self.system, self.version, fixed, layer)
        namespace, name = split_name(type_, self.name)
        return Package(type_, name, namespace, self.version, fixed, layer)


def component(text: str) -> Component | None:
    """Return the component called `text`; None when it has no scheme or name."""
    scheme, mark, rest = text.strip().partition("://")
    scheme = scheme.lower()
    rest = wording.name(rest.removeprefix("[").removesuffix("]"))
    if not mark or not rest:
        return None
    if scheme in _RELEASED:
        return _of_system(scheme, rest)
    digest, _, file = rest.partition("/")
    if scheme == "generic" and digest.startswith(_DIGEST) and file:
        return Component(scheme, file.rpartition("/")[2], digest.removeprefix(_DIGEST))
    name, _, version = rest.rpartition(":")
    if not name:
        name, version = rest, ""
    return Component(scheme, name, version)


def artifact_name(text: str) -> str:
    """Return the name of an artefact without its version: a new build is the same asset."""
    found = component(text)
    if found is None:
        return wording.name(text)
    if found.scheme in ("docker", "oci"):
        return found.name
    return f"{found.scheme}:{found.name}"


def _of_system(scheme: str, rest: str) -> Component:
    parts = rest.split(":")
    if scheme == "deb" and len(parts) > _VERSION_PARTS:
        distribution, _release, name, *version = parts
        return Component(scheme, name, ":".join(version), distribution.lower())
    if scheme == "deb" and len(parts) == _VERSION_PARTS:
        distribution, name, version_text = parts
        return Component(scheme, name, version_text, distribution.lower())
    if len(parts) >= _VERSION_PARTS:
        _release, name, *version = parts
        return Component(scheme, name, ":".join(version), _SYSTEMS.get(scheme, ""))
    name, _, version_text = rest.rpartition(":")
    return Component(scheme, name or rest, version_text if name else "", _SYSTEMS.get(scheme, ""))
