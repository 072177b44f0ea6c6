"""What a batch leads to in the log: what is told and asked, and the answers to those who asked."""

from collections.abc import Iterable
from dataclasses import replace

from dispatcher.domain import message as steps
from dispatcher.domain.message import Message
from dispatcher.handlers.ports import Log
from griot_contracts.accounts import CommandDecided
from griot_contracts.base import Contract
from griot_contracts.cloudevents import Envelope
from griot_contracts.ids import derive
from griot_contracts.messages import DeliverMessage, MessageEvent


class Outbox:
    """Envelopes in the order in which they are to be written. `replies` come after all that is `told`."""

    def __init__(self, log: Log) -> None:
        self.told: list[Envelope[Contract]] = []
        self.replies: list[Envelope[Contract]] = []
        self._log = log

    def tell(
        self, message: Message, bodies: Iterable[MessageEvent | DeliverMessage], cause_id: str | None
    ) -> None:
        """All that is told of a message goes under the correlation and the trace that it came in with."""
        for body in bodies:
            envelope = self._log.envelope(body, id=steps.record_id(body))
            self.told.append(
                replace(
                    envelope,
                    correlation_id=message.correlation_id or envelope.correlation_id,
                    causation_id=cause_id,
                    traceparent=message.traceparent,
                )
            )

    def reply(self, command: Envelope[Contract], decision: CommandDecided) -> None:
        """Answer a command, if somebody waits for it."""
        if command.reply_to is not None:
            id_ = derive(command.id, type(decision).__name__)
            self.replies.append(
                self._log.envelope(decision, id=id_, cause=command, reply_to=command.reply_to)
            )
