"""Reading what does not keep the rules of AWS Config, region by region, always all of it."""

from __future__ import annotations

from collections.abc import Iterator

from riskcockpit.connectors.amazon.calls import Service
from riskcockpit.connectors.amazon.faults import is_absent
from riskcockpit.connectors.aws import wire
from riskcockpit.connectors.aws.findings import Pass
from riskcockpit.connectors.aws.mapping import rules_document
from riskcockpit.connectors.reply import StatusError
from riskcockpit.domain.batch import Document
from riskcockpit.errors import ForbiddenError

SECURITY_HUB = "securityhub.amazonaws.com"
"""Who made the rules that Security Hub reports itself."""
_BROKEN = ["NON_COMPLIANT"]
_PAGE = 100


def read_rules(service: Service, done: Pass, *, without_hub: bool) -> Iterator[Document]:
    """Yield one report of all that breaks a rule in a region; none where there are no rules.

    `without_hub` leaves out the rules whose results are findings of Security Hub already.

    Raises:
        RetryableError: no answer. SourceError: a refusal that nothing else escapes.
    """
    label = f"config {service.region}"
    try:
        rules = {
            rule.config_rule_name: rule
            for rule in _rules(service, done)
            if not (without_hub and rule.created_by == SECURITY_HUB)
        }
        broken = [name for name in _broken(service, done) if name in rules]
        found = [(rules[name], one) for name in broken for one in _details(service, name, done)]
    except (ForbiddenError, StatusError) as error:
        done.refuse(label, error)
        return
    done.read += 1
    account = next(filter(None, (_account(rule.config_rule_arn) for rule in rules.values())), "")
    if account:
        yield rules_document(service.http.endpoint.url("/"), service.region, account, found)


def _rules(service: Service, done: Pass) -> Iterator[wire.Rule]:
    for page in service.pages(wire.DESCRIBE_RULES, {}, wire.RulePage):
        done.pages += 1
        yield from page.config_rules


def _broken(service: Service, done: Pass) -> list[str]:
    names: list[str] = []
    asked = {"ComplianceTypes": _BROKEN}
    for page in service.pages(wire.DESCRIBE_COMPLIANCE, asked, wire.CompliancePage):
        done.pages += 1
        names += [one.config_rule_name for one in page.compliance_by_config_rules]
    return list(dict.fromkeys(names))


def _details(service: Service, rule: str, done: Pass) -> list[wire.Evaluation]:
    """Return what breaks a rule; nothing when the rule was deleted meanwhile."""
    asked = {"ConfigRuleName": rule, "ComplianceTypes": _BROKEN, "Limit": _PAGE}
    found: dict[wire.Qualifier, wire.Evaluation] = {}
    try:
        for page in service.pages(wire.COMPLIANCE_DETAILS, asked, wire.EvaluationPage):
            done.pages += 1
            for one in page.evaluation_results:
                found[one.evaluation_result_identifier.evaluation_result_qualifier] = one
    except StatusError as error:
        if not is_absent(error):
            raise
        return []
    return list(found.values())


def _account(arn: str) -> str:
    """Return the account an ARN names; empty when it names none."""
    return (arn.split(":") + [""] * 5)[4]
