"""What only `make run` needs: sample data, its clock, the world outside, and what starts them."""
