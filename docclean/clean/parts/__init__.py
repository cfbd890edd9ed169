"""What is on a page beside text, and what becomes of it."""
