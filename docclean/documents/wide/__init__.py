"""Samples wider than a byte: out of TIFF and PNM files, and into grey or RGB."""
