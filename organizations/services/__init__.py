"""What may be done to organisations and their members."""
