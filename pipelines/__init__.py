"""Compute Ledger: what AI compute takes, with an interval, a method and a source on every figure."""

__version__ = "0.1.0"
