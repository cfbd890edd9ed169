"""What a page draws, told from its content without drawing it."""
