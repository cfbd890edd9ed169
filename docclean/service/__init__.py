"""The service: a page to drop a scan on, and an HTTP door, over the jobs there are."""
