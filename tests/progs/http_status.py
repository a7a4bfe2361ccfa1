"""http_status.py FILE: a server on 127.0.0.1 whose port is in FILE. It answers with the status in the file `code`, and
not while there is a file `slow`."""
import http.server
import os
import sys
import time


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        while os.path.exists('slow'):
            time.sleep(0.02)
        with open('code') as file:
            code = int(file.read() or 500)
        self.send_response(code)
        if code == 302:
            self.send_header('Location', '/elsewhere')
        self.send_header('Content-Length', '0')
        self.end_headers()

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
with open(sys.argv[1] + '.new', 'w') as port:
    port.write(str(server.server_port))
os.rename(sys.argv[1] + '.new', sys.argv[1])
server.serve_forever()
