"""The dispatcher: queues accepted messages, sends each session's in order, and tells what became of them."""
