"""What does I/O: the WhatsApp library behind its gate, and what is kept in MongoDB."""
