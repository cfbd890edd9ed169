"""Learning: patches, losses, the loop and its pictures."""
