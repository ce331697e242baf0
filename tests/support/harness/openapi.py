"""daemon/intake/openapi.json as a judge: every answer of the daemon has a documented status and a
documented body.

    judge = Document()
    judge("GET", "/v1/cases/26-0146-S", response)   AssertionError where they disagree
"""
import functools
import json
import re

import jsonschema
from harness.places import TOP

PATH = TOP / "daemon" / "intake" / "openapi.json"
# what any request can be answered before its route is looked at: framing, method, size, a fault
ANYWHERE = {400, 405, 408, 413, 417, 431, 500, 501, 505}


class Document:
    def __init__(self, path=PATH):
        self.document = json.loads(path.read_text())
        self.seen = set()  # (method, path, status) of every answer that was as documented
        self._paths = [(re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template)) + r"\Z"),
                        template) for template in self.document["paths"]]
        # a literal segment wins over a {name}
        self._paths.sort(key=lambda row: row[1].count("{"))

    def resolve(self, value):
        """What a {"$ref": "#/..."} stands for; anything else is itself."""
        while "$ref" in value:
            steps = value["$ref"].removeprefix("#/").split("/")
            value = functools.reduce(lambda at, step: at[step], steps, self.document)
        return value

    def operations(self):
        """(method, path, operation) of everything that is documented."""
        for path, methods in self.document["paths"].items():
            for method, operation in methods.items():
                yield method.upper(), path, operation

    def find(self, method, path):
        """The operation, or None; with what the path is called."""
        wanted = "get" if method == "HEAD" else method.lower()
        for pattern, template in self._paths:
            if pattern.match(path.partition("?")[0]):
                return self.document["paths"][template].get(wanted), template
        return None, None

    @functools.lru_cache(maxsize=None)
    def _validator(self, template, method, status, media):
        operation = self.document["paths"][template][method]
        response = self.resolve(operation["responses"][str(status)])
        return self._of(response["content"][media]["schema"])

    def _of(self, schema):
        """References point into the document, so it goes along."""
        return jsonschema.Draft202012Validator({**schema, "components":
                                                self.document["components"]})

    @functools.lru_cache(maxsize=None)
    def validator(self, name):
        """Of components/schemas."""
        return self._of({"$ref": f"#/components/schemas/{name}"})

    def __call__(self, method, path, response):
        if method == "HEAD" or response.status < 200:
            return
        media = response.headers.get("content-type", "").partition(";")[0]
        operation, template = self.find(method, path)
        where = f"{method} {path}: {response.status} {media}"
        if operation is None or str(response.status) not in operation["responses"]:
            allowed = ANYWHERE if operation or template else ANYWHERE | {404}
            assert response.status in allowed, f"{where} is not documented"
            assert media == "application/problem+json", where
            self._check(self.validator("Problem"), response.json, where)
            return
        documented = self.resolve(operation["responses"][str(response.status)])["content"]
        assert media in documented, f"{where} is of another type than documented"
        if media.endswith("json"):
            judge = self._validator(template, method.lower(), response.status, media)
            self._check(judge, response.json, where)
        self.seen.add((method, template, response.status))

    @staticmethod
    def _check(validator, body, where):
        for error in validator.iter_errors(body):
            at = "/".join(map(str, error.absolute_path))
            raise AssertionError(f"{where} is not as documented at /{at}: {error.message[:600]}")


@functools.lru_cache(maxsize=None)
def documented():
    """The one document of the tree."""
    return Document()
