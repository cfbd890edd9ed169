"""A small line recogniser that looks on while a model learns."""
