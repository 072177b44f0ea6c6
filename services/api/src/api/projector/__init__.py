"""The read side: events in, documents in MongoDB out. A process of its own."""
