"""What the picture that is read needs beyond the one that is shown."""
