"""The quota service: owns the Account aggregate and decides every account command, exactly at the limit."""
