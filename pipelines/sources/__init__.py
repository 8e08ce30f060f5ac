"""One module per source: bytes of a publisher's file -> typed raw tables. Knows nothing of Dagster."""
