"""Text from outside is never read as markup: held by the syntax tree of the package."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCES = Path(__file__).resolve().parents[2] / "src" / "riskcockpit" / "tui"
READERS_OF_MARKUP = {
    "Static", "Label", "Button", "Checkbox", "RadioButton", "Collapsible", "TabPane", "Tab", "Link",
    "OptionList", "Option", "SelectionList", "Selection", "Tree", "DataTable", "RichLog",
    "Markdown", "MarkdownViewer", "Tooltip", "Rule", "Placeholder", "Pretty",
}  # fmt: skip
TITLES = {"border_title", "border_subtitle", "tooltip", "title", "sub_title"}


def faults(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr == "from_markup":
            yield f"line {node.lineno}: from_markup"
        if isinstance(node, ast.Call):
            yield from _calls(node)
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Attribute) and target.attr in TITLES:
                    yield f"line {node.lineno}: .{target.attr} is set"


def _calls(node: ast.Call) -> Iterator[str]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    given = [*node.args, *(keyword.value for keyword in node.keywords)]
    if name in READERS_OF_MARKUP and not all(isinstance(each, ast.Constant) for each in given):
        yield f"line {node.lineno}: {name} with text that is not a literal"
    for keyword in node.keywords:
        is_true = isinstance(keyword.value, ast.Constant) and keyword.value.value is True
        if keyword.arg == "markup" and is_true:
            yield f"line {node.lineno}: markup=True"


@pytest.mark.parametrize("module", sorted(SOURCES.rglob("*.py")), ids=lambda path: path.name)
def test_no_module_gives_data_to_a_reader_of_markup(module: Path) -> None:
    assert list(faults(ast.parse(module.read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize(
    "source",
    [
        "yield Static(row.title)",
        "Label(f'{x}')",
        "Button(label=text)",
        "Content.from_markup('[b]x')",
        "self.border_title = name",
        "app.notify(text, markup=True)",
        "widgets.Static(x)",
    ],
)
def test_the_lint_bites(source: str) -> None:
    assert list(faults(ast.parse(source)))


def test_select_prompts_are_content() -> None:
    """`Choice` is the one reader of markup in use; its prompts are `Content`, never text."""
    for module in SOURCES.rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Choice":
                prompts = ast.unparse(node.args[0])
                assert prompts.startswith("[(Content("), module
