"""Where the service's work is done: jobs, the processes that do them, what is kept of them."""
