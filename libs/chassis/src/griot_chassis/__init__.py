"""What every service of Griot stands on.

Settings, logging, tracing, metrics, Kafka, MongoDB, health, lifecycle.
"""
