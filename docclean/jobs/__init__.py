"""From one page to many documents: what is done with a file, a PDF, a folder."""
