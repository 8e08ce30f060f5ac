"""Charts: one module per chart, found through ``registry``."""
