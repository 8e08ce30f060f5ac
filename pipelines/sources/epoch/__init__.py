"""Epoch AI: its models, hardware, clusters and cost data."""
