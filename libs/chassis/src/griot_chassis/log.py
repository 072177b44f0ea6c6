"""Logging: one JSON object a line on standard error, with its trace, never with what people wrote.

Nothing is logged that was not named: events are fixed words, values are ids, codes and numbers. The redaction
below is the second wall, for the day when somebody forgets.
"""

import logging
import sys
from typing import Final

import stamina
import structlog
from opentelemetry import trace
from structlog.typing import EventDict, WrappedLogger

_SECRET_NAMES: Final = frozenset(
    {
        "authorization", "body", "caption", "code", "content", "email", "headers", "key", "message",
        "password", "password_hash", "qr", "secret", "text", "value",
    }
)  # fmt: skip
_REDACTED: Final = "[redacted]"


def configure_logging(service: str, instance: str, level: str) -> None:
    """Send this process's log, the libraries' included, to standard error as JSON lines.

    A repeat replaces the first.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_trace,
        redact,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                # Frames, not locals: a local may be a message's text.
                structlog.processors.ExceptionRenderer(
                    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
                ),
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for chatty in ("aiokafka", "faststream", "httpcore", "pymongo", "uvicorn"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    stamina.instrumentation.set_on_retry_hooks([_log_retry])
    structlog.contextvars.bind_contextvars(service=service, instance=instance)


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger; `log.info("session connected", session_id=...)`."""
    return structlog.stdlib.get_logger(name)


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Hide the values of names that carry secrets or what people wrote."""
    for name in event.keys() & _SECRET_NAMES:
        event[name] = _REDACTED
    return event


def _log_retry(details: stamina.instrumentation.RetryDetails) -> None:
    # Stamina's own hook logs the error's text, which may quote a record.
    log = get_logger("stamina")
    log.warning("try again", tries=details.retry_num, error=type(details.caused_by).__name__)


def _add_trace(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = trace.format_trace_id(context.trace_id)
        event["span_id"] = trace.format_span_id(context.span_id)
    return event
