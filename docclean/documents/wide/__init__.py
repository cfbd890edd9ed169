"""TIFF pages of samples wider than a byte: out of the file, and into grey or RGB."""
