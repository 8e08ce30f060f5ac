"""Publishers of grid carbon and of measured energy."""
