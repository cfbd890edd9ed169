"""A page in, a clean page out: the network, what is done around it, the gate."""
