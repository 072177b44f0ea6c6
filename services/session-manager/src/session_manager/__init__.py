"""The session manager: owns the WhatsApp connections of the sessions whose partitions it holds."""
