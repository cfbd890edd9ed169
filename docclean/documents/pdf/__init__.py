"""PDF in and out: a page that is one scan keeps that scan's pixels, any other is rendered."""
