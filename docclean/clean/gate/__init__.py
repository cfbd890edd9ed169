"""Cleaned, or kept as it came? What is measured of a page, and what is decided from it."""
