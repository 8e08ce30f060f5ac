"""Pages beside the front page: fact sheets, comparison, data quality, validation, methods, claims."""
