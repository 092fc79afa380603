"""Reads an answer's events as they come."""
import http.client, json, threading, urllib.parse


class EventReader(threading.Thread):
    """Takes events until the stream ends; `stop_after` events at most."""

    def __init__(self, base, path, data=None, stop_after=None):
        super().__init__(daemon=True)
        self.base, self.path, self.data, self.stop_after = urllib.parse.urlsplit(base), path, data, stop_after
        self.events, self.status, self.error = [], None, None
        self.begun = threading.Event()
        self.start()

    def run(self):
        try:
            connection = http.client.HTTPConnection(self.base.hostname, self.base.port, timeout=90)
            headers = {"Accept": "text/event-stream"}
            if self.data is None:
                connection.request("GET", self.path, headers=headers)
            else:
                connection.request("POST", self.path, json.dumps(self.data), {**headers, "Content-Type": "application/json"})
            response = connection.getresponse()
            self.status = response.status
            event = {}
            for line in response:
                line = line.decode().rstrip("\n")
                if line and not line.startswith(":"):
                    name, _, value = line.partition(": ")
                    event[name] = value
                elif event:
                    self.events.append((int(event["id"]), event["event"], json.loads(event["data"])))
                    event = {}
                    self.begun.set()
                    if self.stop_after and len(self.events) >= self.stop_after:
                        break
            connection.close()
        except OSError as error:
            self.error = error
        except http.client.HTTPException as error:
            self.error = error

    def end(self, limit=60):
        self.join(limit)
        assert not self.is_alive(), f"the stream did not end: {self.events[-2:]}"
        return self

    @property
    def last_id(self):
        return self.events[-1][0] if self.events else 0

    @property
    def names(self):
        return [name for _, name, _ in self.events]

    @property
    def text(self):
        """What was written since the last beginning."""
        text = ""
        for _, name, data in self.events:
            text = "" if name == "start" else text + data["text"] if name == "delta" else text
        return text

    @property
    def ending(self):
        """The data of the last event, if that is an answer's end."""
        return self.events[-1][2] if self.events and self.events[-1][1] in ("done", "error") else None
