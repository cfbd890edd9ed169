"""The ledger: what is known of every document of a folder."""
