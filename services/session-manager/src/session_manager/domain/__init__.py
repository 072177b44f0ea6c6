"""What the session manager decides, without doing anything: no clock, no network, no library.

`journal`: what a command leads to, given what is known of the attempt. `standing`: where a session stands
after what was seen of its connection. `resting`: when it is left alone. `outcomes`: what the library's words
about a failed send mean.
"""
