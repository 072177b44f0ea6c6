"""The curl lines with which a newcomer goes on; each can be pasted as it is."""

import json

_KEY = '-H "Authorization: Bearer $KEY"'
_JSON = "-H 'Content-Type: application/json'"
_TAKE_ID = """python3 -c 'import json, sys; print(json.load(sys.stdin)["id"])'"""


def access(api_url: str, key: str) -> str:
    return f"export GRIOT={api_url}/api/v1 KEY={key}"


def create_session(session_key: str) -> str:
    return f"SESSION=$({_post('sessions', session_key=session_key)} | {_TAKE_ID})"


def stream() -> str:
    return f"curl -N $GRIOT/sessions/$SESSION/stream {_KEY}"


def send(to: str, text: str) -> str:
    return _post("messages", to=to, message=text)


def messages() -> str:
    return f"curl -s $GRIOT/messages {_KEY}"


def _post(resource: str, **body: str) -> str:
    return f"curl -s $GRIOT/{resource} {_KEY} {_JSON} -d '{json.dumps(body)}'"
