"""A listening socket whose connections have a thread each."""
import threading


def accept_each(listener, handle):
    """Calls `handle(sock)` on a thread of its own for each connection, until the listener is closed."""

    def accept():
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=handle, args=(sock,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
