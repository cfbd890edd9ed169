"""How fast cleaning is on this machine, and what it holds in memory: `docclean bench`."""
