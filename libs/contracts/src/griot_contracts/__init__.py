"""The language of Griot: every command, event and topic, and nothing else.

A record's value is the JSON of one of these models; its headers are CloudEvents 1.0 in Kafka's binary mode.
Within a version a model only grows: a field may be added with a default, never renamed, retyped or taken
away. Readers ignore fields they do not know, so that an older process reads what a newer one wrote.
"""
