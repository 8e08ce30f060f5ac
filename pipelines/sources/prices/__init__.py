"""Publishers of prices and exchange rates."""
