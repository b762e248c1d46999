"""Of French."""
