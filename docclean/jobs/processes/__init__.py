"""Processes that do documents and pages, and what bounds them."""
