"""Colours. They only repeat what words and symbols already say."""

from __future__ import annotations

from textual.theme import Theme

THEME = Theme(
    name="riskcockpit",
    primary="#6f9fd8",
    secondary="#8a94a6",
    accent="#7cc4c4",
    foreground="#d3d9e2",
    background="#10141a",
    surface="#161c24",
    panel="#1d2530",
    success="#7fb77e",
    warning="#e2b25c",
    error="#ee7d77",
    dark=True,
    variables={
        "border": "#344050",
        "border-blurred": "#2a3441",
        "block-cursor-background": "#2b4665",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-text-style": "none",
        "input-selection-background": "#2b4665",
        "scrollbar": "#344050",
        "scrollbar-background": "#10141a",
        "scrollbar-hover": "#4a5a70",
        "scrollbar-active": "#6f9fd8",
        "scrollbar-corner-color": "#10141a",
    },
)

TOKENS: dict[str, str] = {
    "": "",
    "ok": "$success",
    "warn": "$warning",
    "alarm": "bold $error",
    "stale": "$secondary",
    "no_data": "$secondary",
    "muted": "$secondary",
    "strong": "bold",
    "title": "bold $primary",
    "key": "$accent",
    "value": "bold",
    "trend": "$primary",
    "severity-critical": "bold $error",
    "severity-high": "$error",
    "severity-medium": "$warning",
    "severity-low": "$primary",
    "severity-info": "$secondary",
}
"""Token of `present` → Textual style."""
