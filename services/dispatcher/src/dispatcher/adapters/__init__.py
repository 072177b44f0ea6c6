"""The dispatcher's outside: its state in MongoDB, and the web servers that media are fetched from."""
