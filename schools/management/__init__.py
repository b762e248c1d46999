"""Commands of the region about schools."""
