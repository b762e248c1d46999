"""Everything that writes schools, one module for each part of their life."""
