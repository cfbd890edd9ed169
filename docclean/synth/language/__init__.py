"""What the pages say: words, sentences, numbers."""
