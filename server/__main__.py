"""`python -m server …` is `partyline …`."""

from server.cli import main

main(prog_name="partyline")
