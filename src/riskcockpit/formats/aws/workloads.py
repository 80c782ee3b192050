"""Workloads on AWS that carry packages: their names, and the kind of their packages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from riskcockpit.domain.finding import Package
from riskcockpit.formats import wording
from riskcockpit.formats.package_types import GENERIC, layer_of, purl_type
from riskcockpit.formats.vulnerabilities import split_name

PERSONAL = frozenset({"author", "tags"})
"""Members of a resource that name people; tags often hold e-mail addresses."""

_IMAGE = re.compile(
    r"arn:[\w-]+:ecr:(?P<region>[\w-]+):(?P<account>\w+):repository/(?P<name>[^@\s]+?)"
    r"(?:/sha256:\w+)?$"
)
_FUNCTION = re.compile(r":function:(?P<name>[^:]+)")
_MANAGERS = {
    "pythonpkg": "python-pkg", "nodepkg": "node-pkg", "dotnet_core": "dotnet-core", "curl": "",
}  # fmt: skip
_SYSTEMS = {
    "rhel": "redhat", "red": "redhat", "almalinux": "alma", "sles": "suse", "bottlerocket": "rpm",
}  # fmt: skip
_NO_FIX = frozenset({"notavailable", "not available", "none", "n/a"})


def workload_name(arn: str) -> str:
    """Return the asset a resource is: an image without its digest, an instance, a function.

    Images are called as in the registry, so that other scanners name the same asset.
    """
    image = _IMAGE.search(arn)
    if image:
        domain = "amazonaws.com.cn" if image["region"].startswith("cn-") else "amazonaws.com"
        return wording.name(
            f"{image['account']}.dkr.ecr.{image['region']}.{domain}/{image['name']}"
        )
    function = _FUNCTION.search(arn)
    if function:
        return wording.name(function["name"])
    return wording.name(arn.rpartition("/")[2].rpartition(":")[2])


@dataclass(frozen=True, slots=True)
class Installed:
    """A package as Inspector writes it, in the API and in Security Hub alike."""

    name: str
    version: str
    release: str
    manager: str
    fixed_in: str

    def package(self, platform: str) -> Package:
        """Return the package; `platform` is the operating system, as `DEBIAN_11`."""
        manager = self.manager.strip().lower()
        if manager == "os":
            word = platform.lower().partition("_")[0]
            word = _SYSTEMS.get(word, word)
            type_, namespace, layer = purl_type(word), word if word != "rpm" else "", "os"
            name = wording.name(self.name)
        else:
            type_ = purl_type(_MANAGERS.get(manager, manager))
            namespace, name = split_name(type_, self.name)
            layer = layer_of(type_)
        if type_ == GENERIC:
            namespace = ""
        return Package(
            type_,
            name,
            namespace,
            version=wording.name("-".join(filter(None, (self.version, self.release)))),
            fixed_version="" if self.fixed_in.lower() in _NO_FIX else wording.name(self.fixed_in),
            layer=layer,
        )


def main_package(packages: Sequence[Package], title: str) -> Package | None:
    """Return the package by which a finding about several is known, whatever their order.

    It is the one that the title, `CVE-2024-1 - openssl, libssl`, names first.
    """
    first = title.partition(" - ")[2].partition(",")[0].strip()
    return min(packages, key=lambda one: (one.name != first, one.name, one.version), default=None)


def fix_note(package: Package) -> str:
    """Return in words which version of a package is at fault, and which is not."""
    return f"{package.name} {package.version}: fixed in {package.fixed_version or 'no version'}"


def aliases(main: str, related: list[str]) -> tuple[str, ...]:
    """Return the ids of a vulnerability: its own, and of the related ones those of another kind.

    Inspector calls ids related that name the same fault elsewhere, and such that do not.
    """
    kind = main.partition("-")[0].upper()
    others = (item for item in related if item.partition("-")[0].upper() != kind)
    return tuple(dict.fromkeys(item for item in (main, *others) if item))
