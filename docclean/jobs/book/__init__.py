"""Several documents made one."""
