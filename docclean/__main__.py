"""`python -m docclean` is the command `docclean`."""

from docclean.cli import main

main()
