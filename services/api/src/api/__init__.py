"""The public REST API, and the projector that keeps its read side."""
