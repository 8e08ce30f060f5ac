"""The DuckDB file: build, publish, changes, fingerprints, meta tables."""
