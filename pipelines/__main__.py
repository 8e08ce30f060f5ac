"""``python -m pipelines …`` is the ``ledger`` command."""

from pipelines.cli import main

main()
