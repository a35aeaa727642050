"""An RQ worker that ends with the process that started it, however that one ends: then its standard input closes.

It is rq's own command line; what it is told stands in ``process.rq_command``.
"""

from __future__ import annotations

import os
import signal
import threading

from rq.cli.cli import main


def _end_with_parent() -> None:
    os.read(0, 1)  # nothing is ever written there
    os.kill(os.getpid(), signal.SIGTERM)  # it finishes the job it is at


if __name__ == "__main__":
    threading.Thread(target=_end_with_parent, daemon=True).start()
    main()
