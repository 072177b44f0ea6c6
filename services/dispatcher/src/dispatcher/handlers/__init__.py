"""What the dispatcher does with what it reads: see `dispatch`, the handler of batches."""
