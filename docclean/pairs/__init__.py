"""Dirty pages with their clean twins: made, written, shown."""
