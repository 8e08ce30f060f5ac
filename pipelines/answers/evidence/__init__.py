"""Evidence for one figure: an archive from which anybody can compute it again, with DuckDB alone."""
