from __future__ import annotations

import asyncio

from scripts.load_test import Answered, drive, quantile, summary


def test_a_quantile_is_the_value_that_a_share_does_not_exceed() -> None:
    assert quantile([3.0, 1.0, 2.0, 4.0], 0.5) == 2.0
    assert quantile([float(n) for n in range(1, 101)], 0.99) == 99.0
    assert quantile([7.0], 0.99) == 7.0


def test_a_request_is_timed_from_when_it_was_due_and_a_failure_is_counted() -> None:
    told = summary([Answered(0.0, 0.05, "200"), Answered(1.0, 2.0, "ConnectionResetError")], 1.0)
    assert (told["ms_p50"], told["ms_max"]) == (50.0, 1000.0)
    assert told["outcomes"] == {"200": 1, "ConnectionResetError": 1}
    assert told["achieved_per_second"] == 1.0


def test_a_server_that_closes_its_connections_is_driven_all_the_same() -> None:
    served = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal served
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].split()[0])
        assert b"texts" in await reader.readexactly(length)
        served += 1
        writer.write(b"HTTP/1.1 503 No\r\nServer: x\r\nContent-Length: 2\r\n\r\nno")
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async def run() -> list[Answered]:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server:
            return await drive(f"http://127.0.0.1:{port}", ["Nei."], rate=20, seconds=0.5)

    answered = asyncio.run(run())
    assert [item.outcome for item in answered] == ["503"] * 10
    assert served == 10
