#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# python.sh: python3's asyncio, threads, multiprocessing, UDP, as server and as client
set -u
. "${TEST_TOP-.}/test/program/lib.sh"

ip link set lo up
cat > tcp.py <<'END'
# 50 connections at once, each echoes 200 kB; a subprocess and a timer in the same loop
import asyncio, hashlib, os
async def echo(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()
async def client(port, n):
    data = os.urandom(200000)
    reader, writer = await asyncio.open_connection("::1" if n % 2 else "127.0.0.1", port)
    async def send():
        writer.write(data)
        await writer.drain()
        writer.write_eof()
    _, got = await asyncio.gather(send(), reader.read(-1))
    writer.close()
    return hashlib.sha256(got).digest() == hashlib.sha256(data).digest()
async def child():
    p = await asyncio.create_subprocess_exec("sh", "-c", "sleep 0.2; echo done; exit 5",
                                             stdout=asyncio.subprocess.PIPE)
    out, _ = await p.communicate()
    return out == b"done\n" and p.returncode == 5
async def main():
    server = await asyncio.start_server(echo, ["127.0.0.1", "::1"], 9000)
    ticks = []
    async def tick():
        for _ in range(10):
            await asyncio.sleep(0.02)
            ticks.append(1)
    results = await asyncio.gather(tick(), child(), *[client(9000, n) for n in range(50)])
    assert all(results[1:]), results
    assert len(ticks) == 10
asyncio.run(main())
END
cat > udp.py <<'END'
import asyncio
class Echo(asyncio.DatagramProtocol):
    def connection_made(self, t): self.t = t
    def datagram_received(self, data, addr): self.t.sendto(data[::-1], addr)
class Client(asyncio.DatagramProtocol):
    def __init__(self, q): self.q = q
    def datagram_received(self, data, addr): self.q.put_nowait(data)
async def main():
    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(Echo, local_addr=("127.0.0.1", 9001))
    q = asyncio.Queue()
    t, _ = await loop.create_datagram_endpoint(lambda: Client(q), remote_addr=("127.0.0.1", 9001))
    for n in range(100):
        t.sendto(b"%d-abc" % n)
        assert await asyncio.wait_for(q.get(), 2) == (b"%d-abc" % n)[::-1]
asyncio.run(main())
END
cat > processes.py <<'END'
# A pre-forking server: four children accept on one socket; the parent's copy is closed
import os, socket, signal
s = socket.create_server(("127.0.0.1", 9002))
kids = []
for _ in range(4):
    pid = os.fork()
    if pid == 0:
        while True:
            c, _ = s.accept()
            with c:
                c.sendall(b"%d %s" % (os.getpid(), c.recv(100)))
    kids.append(pid)
s.close()
seen = set()
for n in range(200):
    with socket.create_connection(("127.0.0.1", 9002)) as c:
        c.sendall(b"%d" % n)
        pid, k = c.recv(100).split()
        assert int(k) == n
        seen.add(int(pid))
assert seen <= set(kids) and seen
for k in kids:
    os.kill(k, signal.SIGTERM)
    assert os.waitstatus_to_exitcode(os.waitpid(k, 0)[1]) == -signal.SIGTERM
try:
    socket.create_connection(("127.0.0.1", 9002))
    raise SystemExit("still listens")
except ConnectionRefusedError:
    pass
END
cat > threads.py <<'END'
import http.server, threading, urllib.request, concurrent.futures as f
class H(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body.upper())
    def log_message(self, *a): pass
s = http.server.ThreadingHTTPServer(("127.0.0.1", 9003), H)
threading.Thread(target=s.serve_forever, daemon=True).start()
def ask(n):
    body = (b"abc%d" % n) * 10000
    return urllib.request.urlopen("http://127.0.0.1:9003/", body).read() == body.upper()
with f.ThreadPoolExecutor(8) as pool:
    assert all(pool.map(ask, range(100)))
s.shutdown()
END
cat > pool.py <<'END'
# Sockets in children that multiprocessing starts, and a queue over TCP
import multiprocessing as mp, socket
from multiprocessing.connection import Listener, Client
def child(port, n):
    with Client(("127.0.0.1", port), authkey=b"k") as c:
        c.send([n, "x" * 100000])
        return c.recv() == n * n
if __name__ == "__main__":
    import threading
    with Listener(("127.0.0.1", 0), authkey=b"k", backlog=16) as l:
        port = l.address[1]
        def serve():
            for _ in range(12):
                with l.accept() as c:
                    n, _ = c.recv()
                    c.send(n * n)
        t = threading.Thread(target=serve)
        t.start()
        with mp.get_context("spawn").Pool(3) as pool:
            assert all(pool.starmap(child, [(port, n) for n in range(12)]))
        t.join()
END
for name in tcp udp processes threads pool; do
	check "python3: $(sed -n '1s/^# //p' $name.py | grep . || echo $name)" /usr/bin/python3 $name.py
done
plan
