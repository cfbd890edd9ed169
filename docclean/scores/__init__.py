"""How well a text was read and a picture kept: rates, distances, totals."""
