"""Tracing: W3C trace context in the records' headers, spans to OTLP where an endpoint is set.

Spans carry ids and topics, never a body. What is sampled is set by OpenTelemetry's own variables
(OTEL_TRACES_SAMPLER).
"""

from collections.abc import Iterable
from typing import Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_HEADER: Final = "traceparent"
_propagator: Final = TraceContextTextMapPropagator()
tracer: Final = trace.get_tracer("griot")


def configure_tracing(service: str, instance: str, otlp_endpoint: str | None) -> TracerProvider:
    """Make this process's spans.

    They leave it only where an endpoint is given. Shut the provider down at the end.
    """
    resource = Resource.create({"service.name": service, "service.instance.id": instance})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    if otlp_endpoint is not None:
        # A tenth of a process's start, and few have where to send traces to.
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415

        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=otlp_endpoint)))
    trace.set_tracer_provider(provider)
    return provider


def context_of(traceparent: str | None) -> Context | None:
    """The context that a header names, to be a span's parent; None for the present one."""
    return _propagator.extract({_HEADER: traceparent}) if traceparent else None


def traceparent_of(span: trace.Span) -> str | None:
    """The header that names `span`; None when there is no trace."""
    carrier: dict[str, str] = {}
    _propagator.inject(carrier, trace.set_span_in_context(span))
    return carrier.get(_HEADER)


def links_to(traceparents: Iterable[str | None]) -> list[trace.Link]:
    """Links from a batch's span to its records' traces, as OpenTelemetry's messaging conventions have it."""
    spans = (trace.get_current_span(context_of(header)) for header in traceparents if header)
    return [trace.Link(span.get_span_context()) for span in spans]
