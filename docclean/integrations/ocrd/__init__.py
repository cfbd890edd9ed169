"""The command `ocrd-docclean-clean`: a processor for the workspaces of OCR-D.

OCR-D itself is asked for by the extra `ocrd`; this package loads without it.
"""

import sys

import click

from docclean.errors import ExitStatus

NO_OCRD = "OCR-D is not installed: pip install 'docclean[ocrd]'"


def main() -> None:
    """Be the command."""
    try:
        from docclean.integrations.ocrd.processor import cli
    except ModuleNotFoundError as error:
        if error.name != "ocrd":
            raise
        click.echo(NO_OCRD, err=True)
        sys.exit(ExitStatus.MISSING)
    cli(prog_name="ocrd-docclean-clean")
