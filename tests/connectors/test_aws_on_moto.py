"""The connector against moto: what others think AWS answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from riskcockpit.connectors.api import SourceSpec
from riskcockpit.connectors.aws.connector import AwsConnector
from riskcockpit.domain.action import Action, ActionKind, Outcome
from riskcockpit.domain.batch import Batch, Document
from riskcockpit.domain.model import RegisteredModel
from support import aws_objects
from support.aws_office import CLOCK
from support.aws_state import START
from support.moto_server import REGION, Moto, running_moto
from support.processes import call

ROLE = "arn:aws:iam::123456789012:role/sagemaker"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moto]:
    with running_moto(tmp_path_factory.mktemp("moto")) as running:
        yield running


@pytest.fixture
def moto(server: Moto) -> Moto:
    server.reset()
    return server


def connector(moto: Moto, *services: str) -> AwsConnector:
    options = {"regions": [REGION], "services": services, "write": True}
    keys = moto.credential
    return AwsConnector.build(SourceSpec("aws", moto.url, options, read=keys, write=keys), CLOCK)


def pull(moto: Moto, service: str) -> list[Batch]:
    made = connector(moto, service)
    try:
        return list(made.pull("", CLOCK.now()))
    finally:
        made.close()


def test_findings_of_security_hub_come_page_by_page(moto: Moto) -> None:
    hub = moto.client("securityhub")
    hub.enable_security_hub()
    made = [aws_objects.hub_finding(number, REGION, START) for number in range(250)]
    for place in range(0, 250, 100):
        hub.batch_import_findings(Findings=made[place : place + 100])
    batches = pull(moto, "securityhub")
    documents = [item for batch in batches for item in batch.items if isinstance(item, Document)]
    assert len(documents) == 3
    assert sum(document.content.count(b'"GeneratorId"') for document in documents) == 250
    assert batches[-1].coverage.pages == 3


def test_findings_of_inspector_are_read(moto: Moto) -> None:
    finding = aws_objects.inspector_finding(1, REGION, START)
    seeded = {"results": [[finding]], "account_id": "123456789012", "region": REGION}
    call(f"{moto.url}/moto-api/static/inspector2/findings-results", seeded)
    found = [item for batch in pull(moto, "inspector") for item in batch.items]
    assert len(found) == 1
    assert isinstance(found[0], Document)
    assert b"CVE-2026-00001" in found[0].content


def bank(moto: Moto) -> Any:
    """Register a model twice and serve both versions with one endpoint, the newer one."""
    client = moto.client("sagemaker")
    client.create_model_package_group(ModelPackageGroupName="credit")
    container = {"Image": "x", "ModelDataUrl": "s3://bank/model.tgz"}
    for version in (1, 2):
        made = client.create_model_package(
            ModelPackageGroupName="credit",
            ModelApprovalStatus="Approved" if version == 1 else "PendingManualApproval",
            InferenceSpecification={
                "Containers": [container],
                "SupportedContentTypes": ["text/csv"],
                "SupportedResponseMIMETypes": ["text/csv"],
            },
        )
        client.create_model(
            ModelName=f"credit-v{version}",
            ExecutionRoleArn=ROLE,
            PrimaryContainer={"ModelPackageName": made["ModelPackageArn"]},
        )
    variants = [
        {
            "VariantName": f"v{version}",
            "ModelName": f"credit-v{version}",
            "InitialInstanceCount": 1,
            "InstanceType": "ml.m5.large",
            "InitialVariantWeight": float(version - 1),
        }
        for version in (1, 2)
    ]
    client.create_endpoint_config(EndpointConfigName="both", ProductionVariants=variants)
    client.create_endpoint(EndpointName="credit-prod", EndpointConfigName="both")
    return client


def test_a_model_is_approved_served_and_rolled_back_by_weight(moto: Moto) -> None:
    client = bank(moto)
    (model,) = [
        item
        for batch in pull(moto, "sagemaker")
        for item in batch.items
        if isinstance(item, RegisteredModel)
    ]
    assert (model.name, model.champion) == ("credit", 2)
    assert [(v.version, v.tags["validation_status"]) for v in model.versions] == [
        (2, "pending"),
        (1, "approved"),
    ]
    made = connector(moto, "sagemaker")
    approve = Action(
        "a",
        ActionKind.DEPLOYMENT_APPROVE,
        "aws",
        f"credit@{REGION}",
        {"version": "2", "comment": "good"},
    )
    assert made.apply(approve).outcome is Outcome.DONE
    params = {"from": "2", "to": "1"}
    back = Action("b", ActionKind.MODEL_ROLLBACK, "aws", "credit@champion", params)
    assert made.preview(back).blockers == ()
    receipt = made.apply(back)
    assert receipt.outcome is Outcome.DONE, receipt.message
    made.close()
    shown = client.describe_endpoint(EndpointName="credit-prod")["ProductionVariants"]
    assert {one["VariantName"]: one["CurrentWeight"] for one in shown} == {"v1": 1.0, "v2": 0.0}


def test_it_says_who_we_are(moto: Moto) -> None:
    made = connector(moto, "securityhub")
    assert made.check().startswith("AWS as arn:aws:sts::123456789012:")
    made.close()
