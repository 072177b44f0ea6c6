"""The protocol below messages: noise, frames, binary nodes."""
