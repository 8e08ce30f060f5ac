"""The guarded UI: Dagster's web server behind a guard, with the processes that it needs."""
