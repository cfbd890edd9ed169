"""Plain operations on images, numpy only."""
