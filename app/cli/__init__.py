"""`hebdo <noun> <verb>`: the operators' command line.

Owns: what a terminal says and which exit code it leaves; it commits, as every edge does.
Must not know: SMTP (the doctor alone tries the relay), pages. A noun's module is loaded only when that
noun is called.
"""

from __future__ import annotations

from app.cli.group import Commands

cli = Commands(
    name="hebdo",
    help="A newsletter service that a small newsroom runs itself.",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """The console script."""
    cli(prog_name="hebdo")
