"""Which browser the tests look at pages with."""

import shutil

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "google-chrome", "chromium-browser"))), None
)
"""Path of a Chromium; None where none is installed. The fixture `browser` starts it."""
