"""Curated files: the schema of each, one module a folder of seeds/, and reading them."""
