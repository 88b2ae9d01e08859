"""A judge that takes no time: `python -m tests.bench.fake_judge` prints its port and answers."""

from __future__ import annotations

import asyncio
import json

VERDICT = {"evidence": "", "reason": "The answer does what is asked.", "met": True}
BODY = json.dumps(
    {
        "id": "c",
        "object": "chat.completion",
        "created": 0,
        "model": "judge",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": json.dumps(VERDICT)},
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 300, "completion_tokens": 30, "total_tokens": 330},
    }
).encode()
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
REPLY = HEAD % len(BODY) + BODY


class Answering(asyncio.Protocol):
    """One connection: the same reply to every request."""

    def __init__(self) -> None:
        self._seen = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._seen += data
        while (end := self._seen.find(b"\r\n\r\n")) >= 0:
            length = self._seen[:end].lower().partition(b"content-length:")[2].split(b"\r\n")[0]
            size = end + 4 + int(length)
            if len(self._seen) < size:
                return
            self._seen = self._seen[size:]
            self._transport.write(REPLY)


async def main() -> None:
    """Serve on a free port until the process is ended."""
    server = await asyncio.get_running_loop().create_server(Answering, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
