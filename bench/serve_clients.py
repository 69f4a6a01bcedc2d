"""Clients that a web server has to bear. bench/serve.sh calls it: serve_clients.py idle|rough URL PROCESS [CONNECTIONS]

Each line says what was done and what came of it; the exit status is 1 where the server did not serve on.
"""
import json
import resource
import socket
import sys
import time
import urllib.request

mode, url, process = sys.argv[1:4]
host, port = url.removeprefix("http://").split(":")
ASK = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
failed = False


def memory(kind="Rss"):
    with open(f"/proc/{process}/smaps_rollup") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(kind + ":"))


def connect(seconds=20):
    return socket.create_connection((host, int(port)), timeout=seconds)


def all_of(peer):
    got = b""
    try:
        while piece := peer.recv(65536):
            got += piece
    except (ConnectionResetError, TimeoutError) as error:
        got += f" [{type(error).__name__}]".encode()
    return got


def say(what, came):
    """And whether somebody else is served meanwhile."""
    global failed
    began = time.monotonic()
    with urllib.request.urlopen(url + "/v1/items?n=1", timeout=10) as reply:
        good = reply.status == 200 and bool(json.load(reply)["items"])
    failed = failed or not good
    print(f"{what}: {came}; another is answered in {1e3 * (time.monotonic() - began):.1f} ms", flush=True)


def first_line(got):
    return got.split(b"\r\n")[0].decode(errors="replace") or "closed without a word"


def raw(data, half_close=False):
    with connect() as peer:
        try:
            peer.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass
        if half_close:
            peer.shutdown(socket.SHUT_WR)
        return first_line(all_of(peer))


def idle(count):
    before = memory("Anonymous")
    peers = []
    for _ in range(count):
        peer = connect()
        peer.sendall(ASK)
        peers.append(peer)
    for peer in peers:
        assert peer.recv(4096).startswith(b"HTTP/1.1 200 ")
    held = memory("Anonymous")
    say(f"{count:,} connections held, each asked once", f"{(held - before) / count:.2f} KiB of the server's memory each")
    for peer in peers:
        peer.sendall(ASK)
    answered = sum(peer.recv(4096).startswith(b"HTTP/1.1 200 ") for peer in peers)
    say("asked again", f"{answered:,} answers")
    global failed
    failed = failed or answered != count
    for peer in peers:
        peer.close()


def rough():
    slow = [connect(60) for _ in range(500)]
    for peer in slow:
        peer.sendall(b"GET /v1/items HTTP/1.1\r\nX-")
    began = time.monotonic()
    while time.monotonic() - began < 9:
        for peer in slow:
            peer.sendall(b"a")
        time.sleep(1)
        say("500 slow ones, a byte a second", f"after {time.monotonic() - began:.0f} s") if time.monotonic() - began > 8 else None
    came = {first_line(all_of(peer)) for peer in slow}
    say("500 slow ones", f"each told {came} after {time.monotonic() - began:.0f} s")
    say("a head of 100 kB", raw(b"GET / HTTP/1.1\r\nX: " + b"a" * 100_000 + b"\r\n\r\n"))
    say("a body of 3 MB", raw(b"POST /v1/recommendations HTTP/1.1\r\nHost: a\r\nContent-Length: 3145728\r\n\r\n" + b" " * 3145728))
    say("a target of 15 kB", raw(b"GET /v1/items?q=" + b"a" * 15_000 + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"))
    say("half-closed after a request", raw(b"GET /v1/items HTTP/1.1\r\nHost: a\r\n\r\n", True))
    say("half-closed within a request", raw(b"GET /v1/ite", True))
    say("a TLS hello", raw(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 and so on\r\n\r\n"))
    say("zeros", raw(b"\0" * 65536))
    say("two lengths", raw(b"POST /v1/recommendations HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\nConnection: close\r\n\r\n{}x"))
    say("a length and chunks", raw(b"POST /v1/recommendations HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n"))
    piped = raw(ASK * 1000 + ASK.replace(b"a\r\n", b"a\r\nConnection: close\r\n"))
    say("1,001 requests in one piece", piped)
    before = memory("Anonymous")
    began = time.monotonic()
    for _ in range(10_000):
        connect().close()
    say("10,000 connections opened and dropped", f"in {time.monotonic() - began:.1f} s, {(memory('Anonymous') - before) / 1024:+.1f} MB")
    began = time.monotonic()
    for _ in range(2_000):
        with connect() as peer:
            peer.sendall(b"GET /v1/items/x/simi")
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # a reset, not an end
    say("2,000 reset within a request", f"in {time.monotonic() - began:.1f} s")


idle(int(sys.argv[4])) if mode == "idle" else rough()
sys.exit(failed)
