"""How the network learns that draws the map of a page."""
