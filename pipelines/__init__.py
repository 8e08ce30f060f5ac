"""Compute Ledger: what AI compute takes, with an interval, a method and a source on every figure."""

import os

__version__ = "1.0.0"

# Before numpy loads: its linear algebra starts a thread a core, and on small matrices these wait for each other by spinning.
# With the other cores busy, a fit of 2,000 runs took 40 times the CPU time.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
