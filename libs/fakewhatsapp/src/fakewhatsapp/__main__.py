"""`python -m fakewhatsapp --folder DIR` runs a network; its sub-commands speak to one that runs."""

from fakewhatsapp.commands import app

app()
