"""Servers of eventlet and gevent with clients that say nothing."""
import socket


def clients(port, count):
    return [socket.create_connection(("127.0.0.1", port)) for _ in range(count)]


def serve(connection, note, current):
    note(current()); connection.recv(1)


def eventlet(wanted, note):
    import eventlet as library
    import threading
    listener = library.listen(("127.0.0.1", 0))
    kept = []
    made = threading.Thread(target=lambda: kept.extend(clients(listener.getsockname()[1], wanted)), daemon=True)
    made.start()
    library.serve(listener, lambda connection, _: serve(connection, note, library.getcurrent), concurrency=wanted + 1)


def gevent(wanted, note):
    import gevent as library
    import threading
    from gevent.server import StreamServer
    server = StreamServer(("127.0.0.1", 0), lambda connection, _: serve(connection, note, library.getcurrent))
    server.init_socket()
    kept = []
    made = threading.Thread(target=lambda: kept.extend(clients(server.server_port, wanted)), daemon=True)
    made.start()
    server.serve_forever()
