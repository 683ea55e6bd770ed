"""How a program of ours can be ended."""

import signal


def end_on_signals() -> None:
    """Let SIGINT and SIGTERM raise KeyboardInterrupt in the main thread, so that what was started is stopped.

    A shell has what it starts in the background ignore SIGINT, and what that starts inherits it; SIGTERM ends a Python
    program where it stands, and its servers outlive it.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
