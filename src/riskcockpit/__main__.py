"""`python -m riskcockpit` and the console script."""

from __future__ import annotations


def main() -> None:
    """Run the command line and end the process with its exit code."""
    from riskcockpit.cli.app import run  # noqa: PLC0415 - nothing is imported before it is needed

    run()


if __name__ == "__main__":
    main()
