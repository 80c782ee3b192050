"""A DefectDojo on loopback: stateful, paged, and able to fail on command."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from support.simulated import Call, SimReply, Simulator, as_json

START = datetime(2026, 2, 27, tzinfo=UTC)


class DojoSim(Simulator):
    """One simulated DefectDojo. Besides the usual faults it knows short: a page that lacks its
    last row."""

    def __init__(self, *, base: str = "https://upstream.example") -> None:
        super().__init__(base=base)
        self.at = START
        self.products: dict[int, dict[str, Any]] = {}
        self.findings: dict[int, dict[str, Any]] = {}
        self.acceptances: dict[int, dict[str, Any]] = {}
        self.off: set[int] = set()
        """Products whose findings are refused."""
        self.orders = True
        """Whether findings can be listed by the change of their status."""
        self.accepts_risks = True

    def tick(self, minutes: int = 1) -> str:
        """Let time pass and return it as DefectDojo writes it."""
        self.at += timedelta(minutes=minutes)
        return self.at.strftime("%Y-%m-%dT%H:%M:%S.000000Z")

    def product(self, name: str) -> int:
        """Return the id of a product, made when it is not there."""
        known = (id_ for id_, one in self.products.items() if one["name"] == name)
        id_ = next(known, len(self.products) + 1)
        self.products[id_] = {"id": id_, "name": name, "prod_type": 1,
                              "enable_full_risk_acceptance": True}  # fmt: skip
        return id_

    def found(self, number: int, product: str = "payments", **more: Any) -> dict[str, Any]:
        """Find something."""
        made: dict[str, Any] = {
            "id": number, "title": f"SQL built from input {number}", "severity": "Medium",
            "numerical_severity": "S2", "hash_code": f"{number:064x}", "date": "2026-02-27",
            "description": "The query is built from input.", "mitigation": "", "impact": "",
            "references": "", "file_path": f"app/db{number}.py", "line": number, "cwe": 89,
            "vulnerability_ids": [], "component_name": None, "component_version": None,
            "unique_id_from_tool": f"dd-{number}", "vuln_id_from_tool": "python.sql",
            "active": True, "verified": False, "false_p": False, "duplicate": False,
            "out_of_scope": False, "risk_accepted": False, "is_mitigated": False,
            "mitigated": None, "notes": [], "endpoints": [], "reporter": 3, "found_by": [1],
            "request_response": {"req_resp": [{"request": "Cookie: a", "response": "b"}]},
            "product": self.product(product), "last_status_update": self.tick(), **more,
        }  # fmt: skip
        self.findings[number] = made
        return made

    def change(self, number: int, **changes: Any) -> None:
        """Change the status of a finding."""
        self.findings[number].update(last_status_update=self.tick(), **changes)

    def expire(self) -> None:
        """Do what the daily job does with acceptances that ended."""
        for one in self.acceptances.values():
            ends = datetime.fromisoformat(one["expiration_date"])
            if one["expiration_date_handled"] is None and ends <= self.at:
                one["expiration_date_handled"] = self.tick()
                for number in one["accepted_findings"]:
                    self.change(number, active=True, risk_accepted=False)

    def error(self, status: int, message: str, headers: Any = None) -> SimReply:
        """Refuse as Django's REST framework does."""
        return as_json({"detail": message}, status, headers)

    def spoil(self, kind: str, reply: SimReply, call: Call) -> None:
        """Leave out the last row besides."""
        super().spoil(kind, reply, call)
        if kind == "short":
            page = json.loads(reply.body)
            reply.body = json.dumps({**page, "results": page["results"][:-1]}).encode()

    def handle(self, call: Call) -> SimReply:
        """Answer by the state."""
        for pattern, handle in _ROUTES:
            if match := re.fullmatch(r"/api/v2" + pattern, call.path):
                return handle(self, call, match)
        return self.error(404, "Not found.")

    def page(self, call: Call, rows: list[Any]) -> SimReply:
        """Answer with a page by its offset; the link to the next leads to an inner address."""
        size, offset = int(call.query.get("limit", 25)), int(call.query.get("offset", 0))
        following = offset + size < len(rows)
        link = f"http://dojo-uwsgi:3031{call.path}?limit={size}&offset={offset + size}"
        return as_json({
            "count": len(rows), "next": link if following else None, "previous": None,
            "results": rows[offset : offset + size], "prefetch": {},
        })  # fmt: skip

    def listed_products(self, call: Call, _match: re.Match[str]) -> SimReply:
        """List products."""
        return self.page(call, list(self.products.values()))

    def listed_findings(self, call: Call, _match: re.Match[str]) -> SimReply:
        """List findings by the filters and in the order that are asked for."""
        query = call.query
        wanted = int(query.get("test__engagement__product", 0))
        if wanted in self.off:
            return self.error(403, "You do not have permission to perform this action.")
        order = query["o"]
        if order not in ("id", "-last_status_update") or (order[0] == "-" and not self.orders):
            choice = f"Select a valid choice. {order} is not one of the available choices."
            return as_json({"o": [choice]}, 400)
        rows = [
            self._shown(one, is_related=query.get("related_fields") == "true")
            for one in self.findings.values()
            if wanted in (0, one["product"])
            and all(str(one[name]).lower() == query.get(name, str(one[name]).lower())
                    for name in ("is_mitigated", "duplicate"))
        ]  # fmt: skip
        rows.sort(key=lambda row: row[order.removeprefix("-")], reverse=order[0] == "-")
        return self.page(call, rows)

    def _shown(self, one: dict[str, Any], *, is_related: bool = False) -> dict[str, Any]:
        product = self.products[one["product"]]
        related = {"test": {"engagement": {"id": 1, "product": product}}, "jira": None}
        held = [a for a in self.acceptances.values() if one["id"] in a["accepted_findings"]]
        rest = {key: value for key, value in one.items() if key != "product"}
        return {**rest, "accepted_risks": held, "related_fields": related if is_related else None}

    def finding(self, call: Call, match: re.Match[str]) -> SimReply:
        """Show, change or close a finding, or write a note about it."""
        number, what = int(match[1]), match[2]
        one = self.findings.get(number)
        if one is None:
            return self.error(404, "No Finding matches the given query.")
        if call.method == "GET":
            return as_json(self._shown(one))
        if what == "notes/":
            one["notes"].append({"id": len(one["notes"]) + 1, "entry": call.body["entry"]})
        elif what == "close/":
            if "is_mitigated" not in call.body:
                return SimReply(500, b"<h1>Server Error (500)</h1>")
            self.change(number, **call.body, active=False, mitigated=self.tick())
        else:
            flags = {**one, **call.body}
            if (flags["active"] or flags["verified"]) and flags["duplicate"]:
                return self.error(400, "Duplicate findings cannot be verified or active")
            if flags["active"] and flags["risk_accepted"]:
                return self.error(400, "Active findings cannot be risk accepted.")
            self.change(number, **call.body)
        self.writes.append((call.method, call.path, call.body))
        return as_json(self._shown(one), 201 if what == "notes/" else 200)

    def listed_acceptances(self, call: Call, _match: re.Match[str]) -> SimReply:
        """List acceptances of a finding, or make one."""
        if call.method == "POST":
            return self._accept(call)
        wanted = int(call.query["accepted_findings"])
        return self.page(
            call, [one for one in self.acceptances.values() if wanted in one["accepted_findings"]]
        )

    def _accept(self, call: Call) -> SimReply:
        body = call.body
        if body.get("owner") != 7 or body.get("decision") not in ("A", "V", "M", "F", "T"):
            return as_json({"owner": ["Invalid pk"], "decision": ["not a valid choice"]}, 400)
        if not self.accepts_risks:
            return self.error(403, "Full risk acceptance is not enabled for this product")
        datetime.fromisoformat(body["expiration_date"])
        number = max(self.acceptances, default=0) + 1
        self.acceptances[number] = {"id": number, "expiration_date_handled": None, **body}
        for id_ in body["accepted_findings"]:
            if not self.findings[id_]["duplicate"]:
                self.change(id_, active=False, risk_accepted=True)
        self.writes.append((call.method, call.path, body))
        return as_json(self.acceptances[number], 201)

    def acceptance(self, call: Call, match: re.Match[str]) -> SimReply:
        """Delete an acceptance, or change which findings it holds: those not named are released."""
        one = self.acceptances.get(int(match[1]))
        if one is None:
            return self.error(404, "Not found.")
        kept = call.body.get("accepted_findings", []) if call.body else []
        if call.method == "PATCH" and not kept:
            return as_json({"accepted_findings": ["This list may not be empty."]}, 400)
        for id_ in set(one["accepted_findings"]) - set(kept):
            self.change(id_, active=True, risk_accepted=False)
        one["accepted_findings"] = kept
        self.writes.append((call.method, call.path, call.body))
        if call.method == "DELETE":
            del self.acceptances[int(match[1])]
            return SimReply(204)
        return as_json(one)

    def profile(self, _call: Call, _match: re.Match[str]) -> SimReply:
        """Show who asks."""
        return as_json({"user": {"id": 7, "username": "octo", "email": "octo@bank.example"}})


_ROUTES: tuple[tuple[str, Callable[..., SimReply]], ...] = (
    (r"/products/", DojoSim.listed_products),
    (r"/findings/", DojoSim.listed_findings),
    (r"/findings/(\d+)/((?:notes|close)/)?", DojoSim.finding),
    (r"/risk_acceptance/", DojoSim.listed_acceptances),
    (r"/risk_acceptance/(\d+)/", DojoSim.acceptance),
    (r"/user_profile/", DojoSim.profile),
)
