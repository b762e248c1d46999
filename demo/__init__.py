"""Needed by `make run` alone: sample data, its clock, the world outside, and what starts them."""
