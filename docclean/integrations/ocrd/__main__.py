"""`python -m docclean.integrations.ocrd` is `ocrd-docclean-clean`."""

from docclean.integrations.ocrd import main

main()
