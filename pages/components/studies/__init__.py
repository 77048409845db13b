"""The studies page: the list, one study opened, and the form for a new one."""
