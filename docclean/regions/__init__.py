"""The map of a page: text, pictures, stamps, codes, panels, and where the sheet ends."""
