"""SQL models, their lineage, macros and units, and the tables that Python fits."""
