"""Every write to missions' tables."""
