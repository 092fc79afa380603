"""The API as web/openapi.json describes it, and what answers have to be like."""
import copy, json, os, re

import jsonschema

from stack import ROOT

with open(os.path.join(ROOT, "web", "openapi.json"), encoding="utf-8") as file:
    DOCUMENT = json.load(file)


def _closed(schema):
    """The same schema, by which an object has no members that are not described: readers have to put up with more, we do not."""
    if isinstance(schema, list):
        return [_closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: value if name in ("example", "enum", "default") else _closed(value) for name, value in schema.items()}
    if isinstance(made.get("properties"), dict) and made.get("type") in ("object", ["object", "null"]):
        made.setdefault("additionalProperties", False)
    return made


def strict():
    """The description with answers closed."""
    document = copy.deepcopy(DOCUMENT)
    document["components"] = _closed(document["components"])
    for _, _, operation in operations(document):
        operation["responses"] = _closed(operation["responses"])
    return document


def operations(document=DOCUMENT):
    """Method, path and description of everything that can be asked."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def filled(path, values):
    """A path with its places filled in by their names, the longest beginning of a path first."""
    def value(match):
        key = match.group(1)
        place = path[:match.start()] + "{" + key + "}"
        return values.get(place, values.get(key, "01980a3e-7c40-7000-8000-0000000000ff"))
    return re.sub(r"\{(\w+)\}", value, path)


class Checker:
    """Compares answers with what the description says of them."""

    def __init__(self):
        self.document = strict()

    def _valid(self, schema, value):
        whole = {**schema, "components": self.document["components"]}
        validator = jsonschema.Draft202012Validator(whole, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
        return [f"{'/'.join(map(str, e.absolute_path))}: {e.message[:300]}" for e in validator.iter_errors(value)]

    def faults(self, method, path, answer):
        """What is wrong with an answer; nothing when it is as described."""
        responses = self.document["paths"][path][method.lower()]["responses"]
        described = responses.get(str(answer.status))
        if described is None:
            return [f"status {answer.status} is not described: {answer.body[:300]}"]
        if "$ref" in described:
            described = self.document["components"]["responses"][described["$ref"].rsplit("/", 1)[1]]
        contents = described.get("content", {})
        kind = (answer.headers.get("Content-Type") or "").split(";")[0]
        if not answer.body:
            return []
        content = contents.get(kind) or contents.get("*/*")
        if content is None:
            return [f"{kind} is not described, {list(contents)} are"]
        return self._valid(content["schema"], answer.json) if kind in ("application/json", "application/problem+json") else []

    def event_faults(self, path, events):
        """What is wrong with the events of a stream."""
        content = self.document["paths"][path]["post"]["responses"]["200"]["content"]["text/event-stream"]
        schemas = {event["event"]: event["schema"] for event in content["x-apus-events"]}
        return [fault for name, data in events for fault in (self._valid(schemas[name], data) if name in schemas else [f"{name} is not described"])]
