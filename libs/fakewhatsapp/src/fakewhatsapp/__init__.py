"""A WhatsApp network on this machine, speaking the real protocol to the real client library."""
