"""The one entry: no arguments opens the web app; sub-commands do each stage from a terminal."""

from __future__ import annotations


def main() -> None:
    """Run the command on the command line; the installed command `duotune` is the same."""
    from core.data.collector import no_collection

    with no_collection():  # what is imported stays: collecting meanwhile took a tenth of the start
        from ui.terminal import cli  # here, so that importing `app` costs nothing
    cli()


if __name__ == "__main__":
    main()
