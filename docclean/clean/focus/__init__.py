"""Pages out of focus: what blurred them is found and turned back."""
