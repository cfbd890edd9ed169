"""A folder that cleans what lands in it."""
