"""Random bytes of the operating system, in bulk."""

import os
from typing import Final

SIZE: Final = 16
_CHUNKS: Final = 256

_pool: list[bytes] = []


def random_bytes() -> bytes:
    """SIZE bytes that nobody else was given; from any thread.

    A call of the system for each lets other threads run meanwhile, and to get the interpreter back took a tenth of an
    array's whole time.
    """
    try:
        return _pool.pop()
    except IndexError:
        block = os.urandom(SIZE * _CHUNKS)
        _pool.extend(block[at : at + SIZE] for at in range(SIZE, len(block), SIZE))
        return block[:SIZE]


os.register_at_fork(after_in_child=_pool.clear)  # or parent and child would give the same
