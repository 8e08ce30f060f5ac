"""Dagster objects, one concept a file; ``pipelines/definitions.py`` gathers them."""
