"""What VEX documents call a product: a package, or an asset that holds packages."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote

from riskcockpit.domain.finding import Package
from riskcockpit.formats import wording
from riskcockpit.formats.images import image_name
from riskcockpit.formats.vulnerabilities import package_from_purl

_IMAGE_TYPES = frozenset({"oci", "docker"})


class Product(NamedTuple):
    """A product: one of both is set, or none when the document does not name it."""

    package: Package | None = None
    asset: str = ""


def product_of(identifier: str) -> Product:
    """Return what a package URL, or any other name of a product, stands for."""
    package = package_from_purl(identifier) if identifier.startswith("pkg:") else None
    if package is None:
        is_address = "://" in identifier or "/" not in identifier
        return Product(asset=identifier.strip() if is_address else image_name(identifier.strip()))
    if package.type in _IMAGE_TYPES:
        return Product(asset=_image(identifier, package))
    epoch = _qualifiers(identifier).get("epoch", "0")
    if package.version and epoch.isascii() and epoch.isdigit() and int(epoch):
        package = replace(package, version=f"{epoch}:{package.version}")
    return Product(package)


def asset_of(product: Product) -> str:
    """Return the name under which a product can be an asset that holds other packages."""
    if product.package is None:
        return wording.name(product.asset)
    namespace = product.package.namespace
    return f"{namespace}/{product.package.name}" if namespace else product.package.name


def _qualifiers(purl: str) -> dict[str, str]:
    return dict(parse_qsl(purl.partition("#")[0].partition("?")[2]))


def _image(purl: str, package: Package) -> str:
    """Return the name of an image: where it is stored, else what it is called."""
    stored = unquote(_qualifiers(purl).get("repository_url", ""))
    name = f"{package.namespace}/{package.name}" if package.namespace else package.name
    if not stored:
        return name
    stored = image_name(stored.rstrip("/"))
    return stored if stored.rpartition("/")[2] == package.name else f"{stored}/{package.name}"
