"""The product tree of a CSAF document: product id → the package it is, and the asset it is in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from riskcockpit.domain.finding import Package
from riskcockpit.formats.members import Members
from riskcockpit.formats.package_types import GENERIC
from riskcockpit.formats.products import Product, asset_of, product_of

_RANGE = "product_version_range"


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
        known[found.text("product_id")] = _product(found, ())
    for found, ranges in _leaves(tree):
        known[found.text("product_id")] = _product(found, ranges)
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


def _leaves(tree: Members) -> Iterator[tuple[Members, tuple[str, ...]]]:
    """Yield the products at the ends of the branches, each with its version range."""
    waiting: list[tuple[Members, tuple[str, ...]]] = [(tree, ())]
    while waiting:
        branch, ranges = waiting.pop()
        if branch.text("category") == _RANGE:
            ranges = (branch.name("name"),)
        if product := branch.member("product"):
            yield product, ranges
        waiting += [(inner, ranges) for inner in branch.members("branches")]


def _product(found: Members, ranges: tuple[str, ...]) -> CsafProduct:
    helper = found.member("product_identification_helper")
    purls = [helper.text("purl"), *helper.texts("purls")]
    products = [product_of(purl) for purl in purls if purl]
    packages = tuple(one.package for one in products if one.package is not None)
    assets = [one.asset for one in products if one.asset]
    if packages:
        return CsafProduct(packages, "", ranges)
    if assets:
        return CsafProduct((), assets[0], ranges)
    is_platform = bool(helper.text("cpe"))  # an operating system is no asset of ours
    return CsafProduct((), "" if is_platform else found.name("name"), ranges)


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
