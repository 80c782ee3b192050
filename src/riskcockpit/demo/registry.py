"""The six models of the demo's bank, with their versions and lineage. Pure and seeded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from riskcockpit.demo.dice import Dice
from riskcockpit.domain.model import (
    APPROVED,
    CHAMPION,
    ROLLED_BACK_TAG,
    DatasetRef,
    ModelVersion,
    RegisteredModel,
)

SUITE = "model-validation"
"""The role that validates; never the one that trains."""


@dataclass(frozen=True, slots=True)
class ModelPlan:
    """What is laid down of one model; the rest follows from the seed."""

    name: str
    domain: str
    owner: str
    tier: Literal[1, 2, 3]
    purpose: str
    dataset: str
    champion: int
    newest: int
    accuracy: float
    """Of the champion in production, as a ratio."""
    threshold: float
    """The accuracy below which an alarm rises."""
    feature: str
    """The feature whose drift is watched."""
    params: Mapping[str, str]
    group: str = ""
    """The attribute whose groups are compared for bias; empty: none is."""
    rolled_back: int = 0
    """A version that was rolled back in the past; 0: none."""
    metric_names: tuple[str, ...] = ("accuracy", "auc")
    explained: bool = True
    """Whether the champion's run holds an explainability artefact."""
    tags: Mapping[str, str] = field(default_factory=dict)


PLANS = (
    ModelPlan(
        "fraud-scoring", "payments", "payments-risk", 1,
        "Scores card and transfer fraud before a payment is booked",
        "card-transactions", 7, 7, 0.942, 0.90, "merchant_category",
        {"algorithm": "gradient boosting", "max_depth": "8", "learning_rate": "0.06",
         "trees": "640", "seed": "17"},
    ),
    ModelPlan(
        "credit-default", "lending", "lending-risk", 1,
        "Estimates the probability of default of retail loans",
        "loan-applications", 11, 12, 0.918, 0.88, "monthly_income",
        {"algorithm": "scorecard", "bins": "24", "penalty": "l2", "seed": "3"},
        group="age_band", rolled_back=12,
    ),
    ModelPlan(
        "aml-screening", "payments", "financial-crime", 1,
        "Ranks transfers for a look by the anti-money-laundering team",
        "transfer-graph", 4, 4, 0.893, 0.85, "counterparty_country",
        {"algorithm": "graph embedding", "dimensions": "64", "walks": "20", "seed": "5"},
    ),
    ModelPlan(
        "face-match", "onboarding", "onboarding", 1,
        "Compares a selfie with the photograph of an identity document",
        "kyc-documents", 9, 9, 0.987, 0.97, "image_brightness",
        {"algorithm": "siamese network", "embedding": "512", "margin": "0.3", "seed": "29"},
        group="skin_tone",
    ),
    ModelPlan(
        "support-chatbot", "customer-service", "customer-service", 2,
        "Answers customers' questions from the bank's own documents",
        "support-dialogues", 3, 3, 0.921, 0.88, "question_topic",
        {"algorithm": "retrieval with a language model", "passages": "6", "temperature": "0.1"},
        metric_names=("accuracy", "groundedness"), explained=False,
    ),
    ModelPlan(
        "churn", "customer-service", "growth", 3,
        "Estimates which customers are about to leave",
        "customer-activity", 5, 6, 0.846, 0.80, "login_gap_days",
        {"algorithm": "logistic regression", "penalty": "l1", "seed": "11"},
    ),
)  # fmt: skip
STORY_MODEL = "fraud-scoring"
PAST_ROLLBACK = ("credit-default", 12, 11)
"""Model, the version taken out of production in the past, and the one that came back."""


def plan_of(name: str) -> ModelPlan:
    """Return the plan of a model.

    Raises:
        KeyError: the bank has no such model.
    """
    return next(plan for plan in PLANS if plan.name == name)


def registered_models(dice: Dice, start: datetime) -> tuple[RegisteredModel, ...]:
    """Return the registry as it stands when the demo starts, at `start`."""
    return tuple(_registered(plan, dice, start) for plan in PLANS)


def before_rollback(model: RegisteredModel) -> RegisteredModel:
    """Return `model` as it stood before the past rollback; other models come back as they are."""
    name, bad, _ = PAST_ROLLBACK
    if model.name != name:
        return model
    versions = tuple(
        _without_mark(version) if version.version == bad else version for version in model.versions
    )
    return RegisteredModel(
        model.name, versions, {**model.aliases, CHAMPION: bad}, model.tags, model.description
    )


def _without_mark(version: ModelVersion) -> ModelVersion:
    tags = {key: value for key, value in version.tags.items() if key != ROLLED_BACK_TAG}
    return ModelVersion(
        version.model, version.version, version.status, version.created_at, version.run_id,
        version.run_user, version.description, tags, version.metrics, version.params,
        version.datasets, version.artifacts,
    )  # fmt: skip


def _registered(plan: ModelPlan, dice: Dice, start: datetime) -> RegisteredModel:
    numbers = range(plan.newest, 0, -1)
    return RegisteredModel(
        plan.name,
        tuple(_version(plan, number, dice, start) for number in numbers),
        {CHAMPION: plan.champion},
        {"owner": plan.owner, "risk_tier": str(plan.tier), "domain": plan.domain,
         "purpose": plan.purpose, **plan.tags},
        plan.purpose,
    )  # fmt: skip


def _version(plan: ModelPlan, number: int, dice: Dice, start: datetime) -> ModelVersion:
    name = plan.name
    gap = dice.between(24, 40, name, "gap")
    age = timedelta(days=12 + gap * (plan.newest - number) + dice.between(0, 6, name, number))
    approved = number <= plan.champion or number == plan.rolled_back
    tags = {"code_sha": dice.hexes(40, name, number, "commit")}
    if approved:
        tags |= {"validation_status": APPROVED, "validated_by": SUITE}
    else:
        tags |= {"validation_status": "pending"}
    if number == plan.rolled_back:
        tags[ROLLED_BACK_TAG] = "accuracy below its threshold in production"
    learned = plan.accuracy - 0.004 * (plan.champion - number)
    metrics = {
        metric: round(learned + dice.between(-0.003, 0.006, name, number, metric), 4)
        for metric in plan.metric_names
    }
    artifacts = ("model", "shap_summary.json") if plan.explained else ("model",)
    return ModelVersion(
        model=name,
        version=number,
        status="READY",
        created_at=start - age,
        run_id=dice.hexes(32, name, number, "run"),
        run_user="training-pipeline",
        description=f"Trained on {plan.dataset}",
        tags=tags,
        metrics=metrics,
        params={**plan.params, "training_rows": str(dice.count(400, 2_600, name, number) * 1000)},
        datasets=(
            DatasetRef(
                plan.dataset,
                dice.hexes(8, name, number, "data"),
                "training",
                f"s3://bank-data/{plan.dataset}/v{number}.parquet",
            ),
        ),
        artifacts=artifacts,
    )
