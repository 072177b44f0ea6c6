"""The client for asyncio and trio. `griot._sync` is made of it by `make client`: never edit that one."""
