"""How an endpoint answers, well or badly: `async (exchange) -> str`, the word for the ledger.

    endpoint.script(status(500), status(500), retry_after(2))     in this order, then as always
    endpoint.always(hang())

`reads_body` is False for those that act before the body is read.
"""
import asyncio
import threading


def behaviour(function):
    function.reads_body = True
    return function


def status(code, body=b"", **headers):
    """A proper answer. Header names are written with underscores: status(302, location="...")."""
    named = {name.replace("_", "-"): str(value) for name, value in headers.items()}

    @behaviour
    async def answer(exchange):
        await exchange.respond(code, named, body)
        return str(code)
    return answer


def retry_after(value, code=429):
    """`value`: seconds, or an HTTP-date."""
    return status(code, retry_after=value)


def redirect(location, code=302):
    return status(code, location=location)


def big_body(size=10 << 20, code=200):
    return status(code, b"x" * size)


def hang():
    """Takes the request and says nothing until the other side goes away."""
    @behaviour
    async def answer(exchange):
        await exchange.until_gone()
        return "hang"
    return answer


def reset_before_body():
    """Connection reset once the head is there; the body is not read."""
    async def answer(exchange):
        exchange.reset()
        return "reset"
    answer.reads_body = False
    return answer


def reset_after_body():
    """Connection reset after the whole request: the sender cannot know."""
    @behaviour
    async def answer(exchange):
        exchange.reset()
        return "reset"
    return answer


def close_after_body():
    """A clean close without a byte of answer."""
    @behaviour
    async def answer(exchange):
        exchange.close()
        return "close"
    return answer


def broken_http(text=b"HTP/9 banana\r\n\r\n"):
    @behaviour
    async def answer(exchange):
        await exchange.write(text)
        exchange.close()
        return "broken"
    return answer


def short_body(code=200, promised=1000):
    """A 2xx whose head is complete and whose body ends early."""
    @behaviour
    async def answer(exchange):
        await exchange.write(f"HTTP/1.1 {code} X\r\ncontent-length: {promised}\r\n\r\nx".encode())
        exchange.close()
        return str(code)
    return answer


def trickle(text=b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", every_s=1.0):
    """The answer byte by byte."""
    @behaviour
    async def answer(exchange):
        for i in range(len(text)):
            await exchange.write(text[i:i + 1])
            if await exchange.is_gone_within(every_s):
                return "trickle"
        return "200"
    return answer


def endless_head():
    """Header lines without end."""
    @behaviour
    async def answer(exchange):
        await exchange.write(b"HTTP/1.1 200 OK\r\n")
        number = 0
        while not exchange.is_gone:
            await exchange.write(f"x-{number}: {'y' * 1000}\r\n".encode())
            number += 1
        return "endless"
    return answer


class Gate:
    """Holds answers back until the test opens it: `gate = Gate(); endpoint.always(gate.hold())`."""

    def __init__(self):
        self._lock = threading.Lock()
        self._is_open = False
        self._waiting = []  # (loop, asyncio.Event)

    def open(self):
        with self._lock:
            self._is_open = True
            waiting, self._waiting = self._waiting, []
        for loop, event in waiting:
            loop.call_soon_threadsafe(event.set)

    def _event(self):
        event = asyncio.Event()
        with self._lock:
            if self._is_open:
                event.set()
            else:
                self._waiting.append((asyncio.get_running_loop(), event))
        return event

    def hold(self, then=None):
        """`then` answers once the gate is open; default 200."""
        @behaviour
        async def answer(exchange):
            opened = asyncio.ensure_future(self._event().wait())
            gone = asyncio.ensure_future(exchange.until_gone())
            try:
                await asyncio.wait({opened, gone}, return_when=asyncio.FIRST_COMPLETED)
                is_gone = gone.done()
            finally:
                opened.cancel()
                gone.cancel()
                await asyncio.gather(opened, gone, return_exceptions=True)
            return "held" if is_gone else await (then or status(200))(exchange)
        return answer
