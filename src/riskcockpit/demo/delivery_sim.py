"""The bank's way to production: a simulated GitHub and a simulated Argo CD, read only.

One application came through the pipeline and an approval, one was synced by hand past both, and one
runs something else than git says. Everything follows from the dice and the start of the demo.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from riskcockpit.demo.dice import Dice
from riskcockpit.demo.loopback import Reply, Request
from riskcockpit.domain.clock import parse_utc, rfc3339

TRACED = "card-authorisation"
"""Deployed by a run, after an approval, with the fraud model's champion."""
UNTRACED = "kyc-service"
"""Synced by hand from a commit that no run built."""
DRIFTED = "merchant-portal"
"""Runs another image than git declares."""
REPOSITORY = f"bank/{TRACED}"
CLUSTER = "production"
REGISTRY = "registry.bank.example"
SERVED = "models:/fraud-scoring/7"
_RUN, _DEPLOYMENT = 4812, 911
_VERSION = "v3.0.12+demo"


@dataclass(frozen=True, slots=True)
class Delivery:
    """What was delivered when, in the days before the demo started."""

    dice: Dice
    start: datetime

    def commit(self, name: str) -> str:
        """Return the commit that serves."""
        return self.dice.hexes(40, name, "commit")

    def image(self, name: str) -> str:
        """Return the image that was built of it; its tag names the commit."""
        return f"{REGISTRY}/{name}:{self.commit(name)[:12]}"

    def went(self, name: str) -> datetime:
        """Return when it came to production."""
        hours = {TRACED: 30.0, UNTRACED: 9.0, DRIFTED: 52.0}[name]
        return (self.start - timedelta(hours=hours)).replace(microsecond=0)


class ArgocdSimulator:
    """Answers for the applications as Argo CD 3.0 does. Nothing can be changed."""

    def __init__(self, delivery: Delivery) -> None:
        self._delivery = delivery

    def answer(self, request: Request) -> Reply:
        """Answer one request as the server would."""
        match request.path:
            case "/api/version":
                return Reply.json({"Version": _VERSION})
            case "/api/v1/session/userinfo":
                return Reply.json({"loggedIn": True, "username": "riskcockpit", "iss": "argocd"})
            case "/api/v1/applications":
                items = [self._application(name) for name in (TRACED, UNTRACED, DRIFTED)]
                return Reply.json({"metadata": {}, "items": items})
            case _:
                return Reply.json({"error": "not found", "code": 5, "message": "not found"}, 404)

    def _application(self, name: str) -> dict[str, Any]:
        delivery = self._delivery
        at = delivery.went(name)
        image = delivery.image(name)
        is_drifted = name == DRIFTED
        running = f"{REGISTRY}/{name}:hotfix-tuesday" if is_drifted else image
        by = {"username": "admin"} if name == UNTRACED else {"automated": True}
        source = {"repoURL": f"https://git.bank.example/{name}", "targetRevision": "main"}
        return {
            "metadata": {"name": name, "namespace": "argocd"},
            "spec": {
                "project": "bank",
                "source": source,
                "destination": {"name": CLUSTER, "namespace": name},
                "syncPolicy": {} if name == UNTRACED else {"automated": {"prune": True}},
            },
            "status": {
                "sync": {"status": "OutOfSync" if is_drifted else "Synced"},
                "health": {"status": "Healthy", "lastTransitionTime": rfc3339(at)},
                "history": [{
                    "id": 41, "revision": delivery.commit(name), "source": source,
                    "deployStartedAt": rfc3339(at - timedelta(minutes=1)),
                    "deployedAt": rfc3339(at), "initiatedBy": by,
                }],
                "operationState": {
                    "phase": "Succeeded", "startedAt": rfc3339(at - timedelta(minutes=1)),
                    "finishedAt": rfc3339(at), "operation": {"sync": {}},
                },
                "summary": {"images": [running]},
                "reconciledAt": rfc3339(delivery.start - timedelta(minutes=2)),
            },
        }  # fmt: skip


class GithubSimulator:
    """Answers for the one watched repository as GitHub's REST API does. Nothing can be changed."""

    def __init__(self, delivery: Delivery) -> None:
        self._delivery = delivery

    def answer(self, request: Request) -> Reply:
        """Answer one request as the server would."""
        base = f"/repos/{REPOSITORY}"
        if request.path == base:
            return Reply.json({"full_name": REPOSITORY, "default_branch": "main"})
        if request.path == f"{base}/actions/runs":
            return Reply.json(self._runs(request.query))
        known = self._known().get(request.path.removeprefix(base))
        if not request.path.startswith(base) or known is None:
            return Reply.json({"message": "Not Found"}, 404)
        return Reply.json(known)

    def _runs(self, query: Mapping[str, str]) -> dict[str, Any]:
        run = self._run()
        first, _, last = query.get("created", "").partition("..")
        is_asked = not last or (parse_utc(first) <= parse_utc(run["created_at"]) <= parse_utc(last))
        runs = [run] if is_asked else []
        return {"total_count": len(runs), "workflow_runs": runs}

    def _run(self) -> dict[str, Any]:
        at = self._delivery.went(TRACED)
        return {
            "id": _RUN, "created_at": rfc3339(at - timedelta(minutes=50)),
            "updated_at": rfc3339(at), "path": ".github/workflows/release.yml", "event": "push",
            "status": "completed", "conclusion": "success", "head_branch": "main",
            "head_sha": self._delivery.commit(TRACED),
        }  # fmt: skip

    def _known(self) -> dict[str, Any]:
        at = self._delivery.went(TRACED)
        log = f"https://github.bank.example/{REPOSITORY}/actions/runs/{_RUN}/job/1"
        deployment = {
            "id": _DEPLOYMENT, "sha": self._delivery.commit(TRACED), "ref": "main",
            "environment": "production", "task": "deploy", "creator": {"login": "cards-release"},
            "created_at": rfc3339(at - timedelta(minutes=40)), "production_environment": True,
            "payload": {"image": self._delivery.image(TRACED), "model": SERVED},
        }  # fmt: skip
        reviewers = [{"type": "Team", "reviewer": {"slug": "risk-approvers"}}]
        rule = {"type": "required_reviewers", "prevent_self_review": True, "reviewers": reviewers}
        return {
            "/deployments": [deployment],
            f"/deployments/{_DEPLOYMENT}/statuses": [
                {"state": state, "created_at": rfc3339(at - timedelta(minutes=ago)), "log_url": log}
                for state, ago in (("success", 0), ("in_progress", 6), ("queued", 40))
            ],
            f"/actions/runs/{_RUN}/approvals": [{
                "state": "approved", "comment": "", "user": {"login": "risk-approver"},
                "environments": [{"id": 1, "name": "production"}],
            }],
            "/branches/main/protection": {
                "required_pull_request_reviews": {"required_approving_review_count": 2},
                "required_status_checks": {"strict": True, "contexts": ["bandit", "trivy"]},
                "enforce_admins": {"enabled": True},
            },
            "/rules/branches/main": [],
            "/environments": {"total_count": 1, "environments": [
                {"name": "production", "protection_rules": [rule]}
            ]},
        }  # fmt: skip
