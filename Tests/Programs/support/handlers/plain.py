"""A custom handler as somebody might write it who has only read the documentation: Python's standard library, no more."""
import json
import os
from http.server import BaseHTTPRequestHandler, HTTPServer


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    def do_POST(self):
        length = self.headers.get("Content-Length")
        if length is not None:
            body = self.rfile.read(int(length))
        else:
            body = b""
            while True:
                size = int(self.rfile.readline().strip(), 16)
                body += self.rfile.read(size)
                self.rfile.readline()
                if size == 0:
                    break
        call = json.loads(body)
        if self.path == "/order":
            request = call["Data"]["req"]
            answer = {
                "Outputs": {
                    "message": request["Body"],
                    "res": {"statusCode": 201, "headers": {"Content-Type": "application/json"}, "body": json.dumps({"query": request["Query"]})},
                },
                "Logs": ["order received"],
                "ReturnValue": None,
            }
        else:
            answer = {"Outputs": {}, "Logs": ["working on " + json.loads(call["Data"]["item"])], "ReturnValue": None}
        content = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


HTTPServer(("127.0.0.1", int(os.environ["FUNCTIONS_CUSTOMHANDLER_PORT"])), Handler).serve_forever()
