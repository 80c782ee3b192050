"""The calls of the Alertmanager API (v2) that the connector makes."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote, urlencode

from riskcockpit.connectors.alertmanager.wire import (
    Alert,
    Matcher,
    ServerStatus,
    Silence,
    SilenceId,
)
from riskcockpit.connectors.http import HttpClient
from riskcockpit.connectors.reply import StatusError

API = "/api/v2"


class AlertmanagerClient:
    """One server over one HTTP client. All methods raise what `HttpClient` raises."""

    def __init__(self, http: HttpClient) -> None:
        self.http = http

    def alerts(self, filters: Iterable[str], receiver: str) -> tuple[Alert, ...]:
        """Return every firing alert, also those that are held back.

        `filters` are matchers as `severity=~"critical|warning"`; all must hold.
        """
        pairs = [("filter", text) for text in filters]
        pairs += [("receiver", receiver)] if receiver else []
        query = f"?{urlencode(pairs)}" if pairs else ""
        return self.http.get_json(f"{API}/alerts{query}", tuple[Alert, ...])

    def silences(self) -> tuple[Silence, ...]:
        """Return all silences, also expired ones that are still kept."""
        return self.http.get_json(f"{API}/silences", tuple[Silence, ...])

    def silence(self, id_: str) -> Silence | None:
        """Return one silence; None when there is none."""
        try:
            return self.http.get_json(f"{API}/silence/{quote(id_, safe='')}", Silence)
        except StatusError as error:
            if error.status == 404:  # noqa: PLR2004 - not found
                return None
            raise

    def create(
        self, matchers: Iterable[Matcher], starts_at: str, ends_at: str, by: str, comment: str
    ) -> str:
        """Create a silence and return its id."""
        body = {
            "matchers": list(matchers),
            "startsAt": starts_at,
            "endsAt": ends_at,
            "createdBy": by,
            "comment": comment,
        }
        return self.http.write("POST", f"{API}/silences", body).decode(SilenceId).silenceID

    def expire(self, id_: str) -> None:
        """End a silence."""
        self.http.write("DELETE", f"{API}/silence/{quote(id_, safe='')}")

    def server_version(self) -> str:
        """Return the version of the server."""
        return self.http.get_json(f"{API}/status", ServerStatus).versionInfo.version
