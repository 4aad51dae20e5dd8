"""Lets ``python -m api.cli`` be the same command as ``certledger``: the supervisor starts its children so."""

from api.cli import main

main()
