"""Compute Ledger: what AI compute takes, with an interval, a method and a source on every figure."""

import os

__version__ = "1.0.0"

# Before numpy loads: its linear algebra starts a thread a core, and on small matrices these wait for each other by spinning.
# With other work beside it, core.held_out_utilisation at four times the runs took 30 CPU s instead of 0.6.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
