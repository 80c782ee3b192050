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
    DatasetRef,
    ModelVersion,
    RegisteredModel,
)

VALIDATORS = "model-validation"
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
    """The version in production when the history begins."""
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
    metric_names: tuple[str, ...] = ("accuracy", "auc")
    explanation: str = "shap_summary.json"
    """The artefact of the champion's run that explains what drives it."""
    tags: Mapping[str, str] = field(default_factory=dict)


PLANS = (
    ModelPlan(
        "fraud-scoring", "payments", "payments-risk", 1,
        "Scores card and transfer fraud before a payment is booked",
        "card-transactions", 7, 7, 0.942, 0.90, "merchant_category",
        {"algorithm": "gradient boosting", "max_depth": "8", "learning_rate": "0.06",
         "trees": "640", "seed": "17"},
        tags={"decides_about": "payments"},
    ),
    ModelPlan(
        "credit-default", "lending", "lending-risk", 1,
        "Estimates the probability of default of retail loans",
        "loan-applications", 12, 12, 0.918, 0.88, "monthly_income",
        {"algorithm": "scorecard", "bins": "24", "penalty": "l2", "seed": "3"},
        group="age_band",
    ),
    ModelPlan(
        "aml-screening", "payments", "financial-crime", 1,
        "Ranks transfers for a look by the anti-money-laundering team",
        "transfer-graph", 4, 4, 0.893, 0.85, "counterparty_country",
        {"algorithm": "graph embedding", "dimensions": "64", "walks": "20", "seed": "5"},
        tags={"decides_about": "transfers"},
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
        metric_names=("accuracy", "groundedness"), explanation="explain_citations.json",
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
"""Model, the version taken out of production during the history, and the one that came back."""


def plan_of(name: str) -> ModelPlan:
    """Return the plan of a model.

    Raises:
        KeyError: the bank has no such model.
    """
    return next(plan for plan in PLANS if plan.name == name)


def registered_models(dice: Dice, start: datetime) -> tuple[RegisteredModel, ...]:
    """Return the registry as it stood ninety days before `start`, when the history begins."""
    return tuple(_registered(plan, dice, start) for plan in PLANS)


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
    is_candidate = number > plan.champion
    gap = dice.between(24, 40, name, "gap")
    days = 9 if is_candidate else 96 + gap * (plan.champion - number)
    age = timedelta(days=days + dice.between(0, 6, name, number))
    tags = {"code_sha": dice.hexes(40, name, number, "commit")}
    if is_candidate:
        tags |= {"validation_status": "pending"}
    else:
        tags |= {"validation_status": APPROVED, "validated_by": VALIDATORS}
    learned = plan.accuracy - 0.004 * (plan.champion - number)
    metrics = {
        metric: round(learned + dice.between(-0.003, 0.006, name, number, metric), 4)
        for metric in plan.metric_names
    }
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
            DatasetRef(
                f"{plan.dataset}-holdout",
                dice.hexes(8, name, number, "holdout"),
                "validation",
                f"s3://bank-data/{plan.dataset}-holdout/v{number}.parquet",
            ),
        ),
        artifacts=("model", plan.explanation),
    )
