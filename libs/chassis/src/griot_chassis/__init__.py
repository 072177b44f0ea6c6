"""What every service of Griot stands on: settings, logging, tracing, metrics, Kafka, MongoDB, health, lifecycle."""
