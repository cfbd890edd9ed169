"""Many machines through Ray: the pages of all documents are handed out one by one."""
