"""The whole of Griot on one machine: servers, the five processes, a WhatsApp network where asked."""
