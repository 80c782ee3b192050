"""The calls of DefectDojo's API that the connector makes, typed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from riskcockpit.connectors.defectdojo.wire import (
    Account,
    ChangedFinding,
    FindingRow,
    Page,
    Product,
    Profile,
    RiskAcceptance,
    Standing,
)
from riskcockpit.connectors.http import HttpClient, Params
from riskcockpit.errors import ProtocolError

API = "/api/v2"
ACCEPTANCES = f"{API}/risk_acceptance/"
PROFILE = f"{API}/user_profile/"
PAGE = 100
"""Rows asked for in one page."""
MAX_PAGES = 50_000

T = TypeVar("T")
Pages = Iterator[tuple[Sequence[T], int]]
"""The rows of each page, and how many rows the server counts."""


class DojoClient:
    """DefectDojo's API over one HTTP client. All methods raise what `HttpClient` raises."""

    def __init__(self, http: HttpClient) -> None:
        self.http = http

    def products(self) -> Pages[Product]:
        """Yield the products that we may see, in the order in which they were made."""
        return self._pages(f"{API}/products/", {"o": "id"}, Product)

    def findings(self, product: int, params: Params) -> Pages[FindingRow]:
        """Yield the findings of a product that are not mitigated, in the order of their ids."""
        query = {"test__engagement__product": product, "is_mitigated": "false", "o": "id", **params}
        return self._pages(f"{API}/findings/", query, FindingRow)

    def changes(self) -> Pages[ChangedFinding]:
        """Yield all findings, the newest change of their status first."""
        query = {"o": "-last_status_update", "related_fields": "true"}
        return self._pages(f"{API}/findings/", query, ChangedFinding)

    def standing(self, finding: int) -> Standing:
        """Return how one finding stands."""
        return self.http.get_json(self.place(finding), Standing)

    def acceptances(self, finding: int) -> list[RiskAcceptance]:
        """Return the risk acceptances that a finding is in."""
        pages = self._pages(ACCEPTANCES, {"accepted_findings": finding}, RiskAcceptance)
        return [one for rows, _ in pages for one in rows]

    def account(self) -> Account:
        """Return who asks."""
        return self.http.get_json(PROFILE, Profile).user

    def write(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> None:
        """Change something, once."""
        self.http.write(method, path, dict(body) if body is not None else None)

    def close(self) -> None:
        """Give back the connections."""
        self.http.close()

    @staticmethod
    def place(finding: int, rest: str = "") -> str:
        """Return the place of a finding in the API, or of what is below it."""
        return f"{API}/findings/{finding}/{rest}"

    def _pages(self, path: str, params: Params, type_: type[T]) -> Pages[T]:
        """Yield pages by offset.

        Their links are not followed: behind a proxy they often lead to another address.
        """
        offset = 0
        for _ in range(MAX_PAGES):
            query = {**params, "limit": PAGE, "offset": offset}
            page: Page[T] = self.http.get_json(path, Page[type_], query)  # type: ignore[valid-type] # a type at run time
            yield page.results, page.count
            offset += len(page.results)
            if not page.results or offset >= page.count:
                return
        raise ProtocolError(f"{self.http.endpoint.url(path)} never comes to its last page")
