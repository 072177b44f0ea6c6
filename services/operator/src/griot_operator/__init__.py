"""The operator's command, `griot`: what stands in the log, and commands on it."""
