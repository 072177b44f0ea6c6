"""What the session manager does: commands carried out, connections kept, what they show told to the log."""
