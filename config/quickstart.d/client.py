"""HTTP as a partner's or an operator's program speaks it, with nothing but the standard library."""
import json
import urllib.error
import urllib.request
import uuid

from processes import Trouble

# never by a proxy: everybody here is on this machine
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Answer:
    def __init__(self, status, body):
        self.status = status
        self._body = body

    @property
    def json(self):
        return json.loads(self._body)

    @property
    def reason(self):
        """Why something was refused, in the daemon's words."""
        try:
            problem = self.json
        except ValueError:
            return self._body.decode(errors="replace")[:300]
        more = [f"{e.get('pointer')}: {e.get('detail')}" for e in problem.get("errors", [])]
        return "; ".join(filter(None, [problem.get("detail") or problem.get("title"), *more]))


def ask(method, url, body=None, headers=None):
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(url, data, method=method, headers={
        "content-type": "application/json", **(headers or {})})
    try:
        with OPENER.open(request, timeout=30) as answer:
            return Answer(answer.status, answer.read())
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.read())
    except OSError as error:
        raise Trouble(f"no answer from {url}: {error}") from None


class Client:
    """Somebody with a token."""

    def __init__(self, base, token):
        self._base = base
        self._token = token

    def get(self, path):
        return self._ask("GET", path)

    def post(self, path, body=None):
        # a key of its own, so that a repeated request would count once
        return self._ask("POST", path, body or {}, {"idempotency-key": f'"{uuid.uuid4()}"'})

    def _ask(self, method, path, body=None, headers=None):
        url = path if path.startswith("http") else self._base + path
        return ask(method, url, body,
                   {"authorization": f"Bearer {self._token}", **(headers or {})})


def expect(answer, *statuses):
    """The answer, if it is what it has to be."""
    if answer.status not in statuses:
        wanted = " or ".join(map(str, statuses))
        raise Trouble(f"astrad answered {answer.status} instead of {wanted}: {answer.reason}")
    return answer
