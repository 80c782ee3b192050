"""The product tree of a CSAF document: product id → the package it is, and the asset it is in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from riskcockpit.domain.finding import Package
from riskcockpit.domain.version import version_of
from riskcockpit.formats.members import Members
from riskcockpit.formats.package_types import GENERIC
from riskcockpit.formats.products import Product, asset_of, product_of

_RANGE = "product_version_range"
_VERSION = "product_version"


@dataclass(frozen=True, slots=True)
class CsafProduct:
    """What a product id stands for."""

    packages: tuple[Package, ...] = ()
    asset: str = ""
    ranges: tuple[str, ...] = ()
    """Of versions, where the id stands for several."""


def products_of(tree: Members) -> dict[str, CsafProduct]:
    """Return all products of a product tree, also those that relationships make of two."""
    known: dict[str, CsafProduct] = {}
    for found in tree.members("full_product_names"):
        known[found.text("product_id")] = _product(found)
    for found, branch in _leaves(tree):
        known[found.text("product_id")] = _versioned(_product(found), branch)
    waiting = tree.members("relationships")
    for _ in range(len(waiting)):  # one may rest on another that comes later
        waiting = [each for each in waiting if not _relate(each, known)]
        if not waiting:
            break
    return known


def groups_of(tree: Members) -> dict[str, tuple[str, ...]]:
    """Return the product groups: id → ids of products."""
    return {
        group.text("group_id"): tuple(group.texts("product_ids"))
        for group in tree.members("product_groups")
    }


@dataclass(frozen=True, slots=True)
class Branch:
    """What the branches above a product say of its version."""

    version: str = ""
    ranges: tuple[str, ...] = ()


def _leaves(tree: Members) -> Iterator[tuple[Members, Branch]]:
    """Yield the products at the ends of the branches, each with its version or version range."""
    waiting: list[tuple[Members, Branch]] = [(tree, Branch())]
    while waiting:
        branch, said = waiting.pop()
        name = branch.name("name")
        if branch.text("category") == _RANGE:
            said = Branch(ranges=(name,))
        elif branch.text("category") == _VERSION:
            said = Branch(name if version_of(name) else "")  # some name the product again
        if product := branch.member("product"):
            yield product, said
        waiting += [(inner, said) for inner in branch.members("branches")]


def _versioned(product: CsafProduct, said: Branch) -> CsafProduct:
    """Bind packages whose package URL has no version of its own to what the branches say."""
    packages = tuple(
        replace(package, version=package.version or said.version) for package in product.packages
    )
    return replace(product, packages=packages, ranges=said.ranges)


def _product(found: Members) -> CsafProduct:
    helper = found.member("product_identification_helper")
    purls = [helper.text("purl"), *helper.texts("purls")]
    products = [product_of(purl) for purl in purls if purl]
    packages = tuple(one.package for one in products if one.package is not None)
    assets = [one.asset for one in products if one.asset]
    if packages:
        return CsafProduct(packages)
    if assets:
        return CsafProduct((), assets[0])
    is_platform = bool(helper.text("cpe"))  # an operating system is no asset of ours
    return CsafProduct((), "" if is_platform else found.name("name"))


def _relate(relationship: Members, known: dict[str, CsafProduct]) -> bool:
    """Make the product of a relationship, "A as a component of B"; False while one is unknown."""
    part = known.get(relationship.text("product_reference"))
    whole = known.get(relationship.text("relates_to_product_reference"))
    id_ = relationship.text("full_product_name", "product_id")
    if part is None or whole is None or not id_:
        return False
    asset = asset_of(Product(whole.packages[0])) if whole.packages else whole.asset
    packages = part.packages or ((Package(GENERIC, part.asset),) if part.asset else ())
    known[id_] = replace(part, packages=packages, asset=asset if packages else "")
    return True
