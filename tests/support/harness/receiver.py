"""Partners' endpoints: one HTTP server in a thread, an endpoint a path, every request in a ledger.

    with Receiver() as receiver:
        mup = receiver.endpoint("mup-ns", keys=[secret])
        mup.script(behaviour.status(500), behaviour.hang())
        ... endpoint.url goes into the channel's file ...
        mup.wait_delivered(1)

An endpoint with keys believes only what verifies, and answers 401 to the rest. It stands for one
receiver; five hundred of them on one port are no trouble.
"""
import asyncio
import collections
import socket
import struct
import threading

from harness import behaviour, webhooks
from harness.ledger import Ledger, Request
from harness.ports import free_port

__all__ = ["Endpoint", "Receiver", "Request"]

HEAD_BYTES = 64 << 10
BACKLOG = 1024


class Endpoint:
    def __init__(self, receiver, name, keys):
        self.name = name
        self.keys = list(keys)
        self.path = f"/{name}"
        self.checks_time = None  # None: as the receiver
        self.in_flight = 0
        self.most_in_flight = 0
        self._receiver = receiver
        self._script = collections.deque()
        self._always = behaviour.status(200)

    @property
    def url(self):
        return self._receiver.url + self.path

    def script(self, *behaviours):
        """The next requests are answered so, one behaviour each."""
        self._script.extend(behaviours)

    def always(self, answer):
        """Every request beyond the script."""
        self._always = answer

    def next_behaviour(self):
        return self._script.popleft() if self._script else self._always

    @property
    def requests(self):
        return self._receiver.ledger.requests(self.name)

    @property
    def delivered(self):
        return [r for r in self.requests if r.is_delivered]

    @property
    def message_ids(self):
        """Of what was delivered, each once, in order of first arrival."""
        return list(dict.fromkeys(r.message_id for r in self.delivered))

    @property
    def events(self):
        """Delivered bodies, each message once, in order of first arrival."""
        first = {}
        for request in self.delivered:
            first.setdefault(request.message_id, request.json)
        return list(first.values())

    @property
    def duplicates(self):
        return len(self.delivered) - len(self.message_ids)

    def wait_requests(self, count, timeout=10.0):
        self._receiver.ledger.wait(lambda: len(self.requests) >= count, timeout,
                                   f"{count} requests at {self.name}")
        return self.requests

    def wait_delivered(self, count=1, timeout=10.0):
        """Waits for so many different messages."""
        self._receiver.ledger.wait(lambda: len(self.message_ids) >= count, timeout,
                                   f"{count} messages delivered to {self.name}")
        return self.events

    def wait_type(self, event_type, timeout=10.0):
        """The first delivered event of this type."""
        def found():
            return [e for e in self.events if e["type"] == event_type]
        self._receiver.ledger.wait(found, timeout, f"{event_type} at {self.name}")
        return found()[0]


class Exchange:
    """One request on one connection, for the behaviours."""

    def __init__(self, connection, request):
        self.request = request
        self.was_cut = False
        self._connection = connection
        self._writer = connection.writer

    async def write(self, data):
        try:
            self._writer.write(data)
            await self._writer.drain()
        except (ConnectionError, RuntimeError):
            self.was_cut = True
            self._connection.is_over = True

    async def respond(self, code, headers, body):
        lines = [f"HTTP/1.1 {code} X", f"content-length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        await self.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def reset(self):
        """RST instead of FIN."""
        sock = self._writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()
        self._connection.is_over = True

    def close(self):
        self._writer.close()
        self._connection.is_over = True

    @property
    def is_gone(self):
        return self._connection.is_over or self._writer.transport.is_closing()

    async def is_gone_within(self, seconds):
        """True as soon as the other side closed; False when it is still there after that time."""
        try:
            data = await asyncio.wait_for(self._connection.reader.read(1), seconds)
        except asyncio.TimeoutError:
            return False
        except ConnectionError:
            data = b""
        self._connection.is_over = True  # closed, or pipelined: nothing we would go on with
        return not data

    async def until_gone(self):
        while not await self.is_gone_within(3600):
            pass


class Connection:
    """Reads requests off one connection until either side has enough."""

    def __init__(self, receiver, number, reader, writer):
        self.reader, self.writer = reader, writer
        self.is_over = False
        self._receiver = receiver
        self._number = number

    async def serve(self):
        try:
            while not self.is_over:
                head = await self.reader.readuntil(b"\r\n\r\n")
                await self._exchange(head.decode("latin-1"))
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            pass
        finally:
            self.writer.close()

    async def _exchange(self, head):
        line, *rest = head.rstrip("\r\n").split("\r\n")
        method, path, _ = line.split(" ", 2)
        headers = {k.strip().lower(): v.strip() for k, _, v in (h.partition(":") for h in rest)}
        endpoint = self._receiver.find(path)
        name = endpoint.name if endpoint else ""
        ledger = self._receiver.ledger
        request = ledger.open(endpoint=name, method=method, path=path, headers=headers,
                              connection=self._number)
        if not endpoint:
            await self._read_body(request)
            await Exchange(self, request).respond(404, {}, b"")
            ledger.note(request, answer="404")
            return
        endpoint.in_flight += 1
        endpoint.most_in_flight = max(endpoint.most_in_flight, endpoint.in_flight)
        try:
            await self._answer(endpoint, request)
        finally:
            endpoint.in_flight -= 1
        if headers.get("connection", "").lower() == "close":
            self.is_over = True

    async def _answer(self, endpoint, request):
        chosen = endpoint.next_behaviour()
        exchange = Exchange(self, request)
        if chosen.reads_body:
            await self._read_body(request)
            error = self._judge(endpoint, request)
            if error:
                chosen = behaviour.status(401)
                self._receiver.ledger.note(request, error=error)
        word = await chosen(exchange)
        if exchange.was_cut:
            word = f"cut {word}"  # the answer did not get through
        self._receiver.ledger.note(request, answer=word,
                                   answered_at=asyncio.get_running_loop().time())

    def _judge(self, endpoint, request):
        if not endpoint.keys:
            return ""
        checks_time = self._receiver.checks_time if endpoint.checks_time is None else \
            endpoint.checks_time
        now, told = None, request.headers.get("webhook-timestamp", "")
        if not checks_time and told.isdigit():
            now = int(told)
        try:
            webhooks.verify(endpoint.keys, request.headers, request.body, now)
        except webhooks.VerificationError as error:
            return str(error)
        return ""

    async def _read_body(self, request):
        if request.headers.get("expect", "").lower() == "100-continue":
            self.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if request.headers.get("transfer-encoding", "").lower() == "chunked":
            body = await self._read_chunks()
        else:
            body = await self.reader.readexactly(int(request.headers.get("content-length", 0)))
        self._receiver.ledger.note(request, body=body, is_complete=True)

    async def _read_chunks(self):
        body = b""
        while True:
            size = int((await self.reader.readuntil(b"\r\n")).split(b";")[0], 16)
            chunk = await self.reader.readexactly(size + 2)
            if size == 0:
                return body
            body += chunk[:-2]


class Receiver:
    """`tls`: a server-side ssl.SSLContext (harness.certificates makes good and bad ones).

    checks_time=False believes old and future timestamps: for a daemon on a driven clock.
    """

    def __init__(self, tls=None, host="127.0.0.1", checks_time=True):
        self.host, self.port = host, free_port()
        self.ledger = Ledger()
        self.connections = 0  # accepted so far
        self.checks_time = checks_time
        self._tls = tls
        self._endpoints = {}
        self._server = None
        self._tasks = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.resume()

    @property
    def url(self):
        return f"{'https' if self._tls else 'http'}://{self.host}:{self.port}"

    def endpoint(self, name, keys=()):
        self._endpoints[f"/{name}"] = Endpoint(self, name, keys)
        return self._endpoints[f"/{name}"]

    def find(self, path):
        return self._endpoints.get(path.split("?")[0])

    @property
    def strays(self):
        """Requests to paths that are no endpoint."""
        return self.ledger.requests("")

    def pause(self):
        """The receiver is down: connections are cut, new ones refused."""
        self._call(self._close())

    def resume(self):
        self._call(self._listen())

    def close(self):
        if self._loop.is_closed():
            return
        self.pause()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def _call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    async def _listen(self):
        self._server = await asyncio.start_server(
            self._serve, self.host, self.port, ssl=self._tls, limit=HEAD_BYTES, backlog=BACKLOG,
            reuse_address=True)

    async def _close(self):
        if self._server:
            self._server.close()
            self._server = None
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader, writer):
        task = asyncio.current_task()
        self._tasks.add(task)
        self.connections += 1
        try:
            await Connection(self, self.connections, reader, writer).serve()
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            self._tasks.discard(task)
