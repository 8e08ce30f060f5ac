"""Addresses to verified snapshots: policy, transports, download, contract, store, and what was read from them."""
