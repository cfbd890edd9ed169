"""A result to look at, to compute with and to compare against: HTML, tables, JSON."""
