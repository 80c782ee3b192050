"""Colours. They only repeat what words and symbols already say."""

from __future__ import annotations

from textual.theme import BUILTIN_THEMES, Theme

_EDGES = (
    "border",
    "border-blurred",
    "block-cursor-background",
    "block-cursor-foreground",
    "scrollbar-background",
    "scrollbar-active",
)


def _edges(*colours: str) -> dict[str, str]:
    """Return the colours of borders, cursor and scroll bars, given in the order of `_EDGES`."""
    given = dict(zip(_EDGES, colours, strict=True))
    return given | {
        "block-cursor-text-style": "none",
        "input-selection-background": given["block-cursor-background"],
        "scrollbar": given["border"],
        "scrollbar-hover": given["scrollbar-active"],
        "scrollbar-corner-color": given["scrollbar-background"],
    }


THEME = Theme(
    name="dark",
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
    variables=_edges("#344050", "#2a3441", "#2b4665", "#ffffff", "#10141a", "#6f9fd8"),
)
LIGHT = Theme(
    name="light",
    primary="#1f5fa8",
    secondary="#5b6472",
    accent="#0b6e6e",
    foreground="#1c2430",
    background="#fbfbf9",
    surface="#efefeb",
    panel="#e3e4df",
    success="#1f6b2c",
    warning="#8a5a00",
    error="#b3261e",
    dark=False,
    variables=_edges("#b3b8c0", "#cfd3d8", "#cfe0f5", "#0b1420", "#fbfbf9", "#1f5fa8"),
)
HIGH_CONTRAST = Theme(
    name="high-contrast",
    primary="#8ecbff",
    secondary="#d0d0d0",
    accent="#7fffff",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#262626",
    success="#66ff66",
    warning="#ffe14d",
    error="#ff8a80",
    dark=True,
    variables=_edges("#ffffff", "#d0d0d0", "#ffff00", "#000000", "#000000", "#ffff00"),
)
COLOUR_BLIND = Theme(
    name="colour-blind",
    primary="#56b4e9",
    secondary="#9aa4b2",
    accent="#cc79a7",
    foreground="#dde3ea",
    background="#10141a",
    surface="#161c24",
    panel="#1d2530",
    success="#56b4e9",
    warning="#f0e442",
    error="#e69f00",
    dark=True,
    variables=_edges("#344050", "#2a3441", "#2b4665", "#ffffff", "#10141a", "#56b4e9"),
)
"""After Okabe and Ito's palette: no pair of states differs by red against green."""
ANSI = Theme(
    name="ansi",
    ansi=True,
    primary="ansi_blue",
    secondary="ansi_default",
    accent="ansi_cyan",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    success="ansi_green",
    warning="ansi_yellow",
    error="ansi_red",
    dark=True,
    variables=BUILTIN_THEMES["ansi-dark"].variables
    | _edges(
        "ansi_bright_black", "ansi_bright_black", "ansi_blue", "ansi_bright_white", "ansi_default",
        "ansi_cyan",
    ),
)  # fmt: skip
"""The sixteen colours of the terminal itself: the fewest bytes, and its own light or dark."""

THEMES: dict[str, tuple[Theme, str]] = {
    theme.name: (theme, words)
    for theme, words in (
        (THEME, "calm light on dark; the default"),
        (LIGHT, "dark text on a light page"),
        (HIGH_CONTRAST, "white on black, a yellow cursor"),
        (COLOUR_BLIND, "blue, yellow and orange instead of green and red"),
        (ANSI, "the terminal's own 16 colours, for slow links"),
    )
}
"""Name in the settings → theme, and what it is for."""

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
    "jump": "bold $background on $warning",
    "context-red": "bold ansi_bright_white on ansi_red",
    "context-yellow": "bold ansi_black on ansi_yellow",
    "context-green": "bold ansi_black on ansi_green",
    "context-blue": "bold ansi_bright_white on ansi_blue",
    "context-magenta": "bold ansi_bright_white on ansi_magenta",
    "context-cyan": "bold ansi_black on ansi_cyan",
}
"""Token of `present` → Textual style."""
