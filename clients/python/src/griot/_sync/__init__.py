"""The client for code that blocks. `make client` makes it of `griot._async`: edit that one."""
