"""What the dispatcher decides, without doing anything: no clock, no network, no database.

`message`: what a message is and what becomes of it. `queue`: which of a session's messages goes next.
`session`: what is known of a session. `retry`: when another attempt is worth it.
"""
