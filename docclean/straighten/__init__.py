"""Pages set straight before they are cleaned."""
