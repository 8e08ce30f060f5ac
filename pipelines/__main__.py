"""``python -m pipelines …`` is the ``ledger`` command."""

from pipelines.cli.commands import main

main()
