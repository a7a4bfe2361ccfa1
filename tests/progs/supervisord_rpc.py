"""supervisord_rpc.py: the XML-RPC server of supervisord_stub.py, and what it answers when it is not itself."""
import socket
import threading
import xmlrpc.client

HTTP = b"HTTP/1.1 %s\r\nContent-Type: text/xml\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"
SHUTDOWN_STATE = 6
STOPPED, STARTING, RUNNING = 0, 10, 20


def answer_with(body, status=b"200 OK"):
    return HTTP % (status, len(body), body)


class Server(threading.Thread):
    """supervisord's XML-RPC. Where `false` is not None, it is what every request gets."""

    def __init__(self, program):
        super().__init__(daemon=True)
        self.program = program
        self.calls = []
        self.connections = 0
        self.false = None
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind("rpc")
        self.socket.listen()

    def run(self):
        while True:
            connection = self.socket.accept()[0]
            self.connections += 1
            with connection, connection.makefile("rb") as file:
                body = self.request(file)
                if body:
                    connection.sendall(self.false or answer_with(self.answer(body).encode()))

    @staticmethod
    def request(file):
        length = 0
        for line in iter(file.readline, b"\r\n"):
            if not line:
                return None
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        return file.read(length)

    def answer(self, body):
        arguments, method = xmlrpc.client.loads(body)
        self.calls.append(method)
        assert arguments[0] == "web:web", arguments
        if method == "supervisor.getProcessInfo":
            running = self.program.running()
            state = RUNNING if running else STARTING if self.program.wanted.is_set() else STOPPED
            value = dict(name="web", group="web", state=state, description="",
                         pid=self.program.process.pid if running else 0)
        elif method == "supervisor.stopProcess":
            value = not self.program.stop()
        elif method == "supervisor.startProcess":
            value = not self.program.wanted.set()
        return xmlrpc.client.dumps((value,), methodresponse=True)


BOMB = b"""<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">]>
<methodResponse><params><param><value><string>&c;&c;</string></value></param></params></methodResponse>"""
FALSE_ANSWERS = (
    ("500", answer_with(b"Internal Server Error", b"500 Internal Server Error")),
    ("shutting down", answer_with(xmlrpc.client.dumps(xmlrpc.client.Fault(SHUTDOWN_STATE, "SHUTDOWN_STATE")).encode())),
    ("XML", answer_with(b'<?xml version="1.0"?><methodResponse><params><param><value><str')),
    ("DOCTYPE", answer_with(BOMB)),
    ("answer", answer_with(b"\0\xff<<<>>>\x1b[31m")),
    ("", b"\0\xff\x01 this is no HTTP\r\n\r\n"),
    ("answer", answer_with(xmlrpc.client.dumps((["web"],), methodresponse=True).encode())),
    ("", HTTP % (b"200 OK", 1000, b"<methodResponse>")),
)
