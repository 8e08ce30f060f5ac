"""The calculator in the page: formulas from the macros, coefficients from the warehouse."""
