# SPDX-License-Identifier: GPL-2.0
"""transfer.py - random bytes across a stream, checked by the other end's checksum

serve PROTO ADDRESS PORT [OPTION...]		answers each connection with its SHA-256
send PROTO ADDRESS PORT BYTES [OPTION...]	sends so many, compares

PROTO: tcp, mptcp, sctp. OPTION:
  cc=NAME,NAME...	a connection for each of these congestion controls, all at a time;
			serve: that one
  fastopen		send: data in the SYN; serve: takes them
  md5=KEY,PEER		signs by RFC 2385
  ao=KEY,PEER		signs by RFC 5925, HMAC-SHA-1-96
  tls=VERSION		kernel TLS 1.2 or 1.3 with fixed keys
"""
import hashlib
import os
import signal
import socket
import struct
import sys

PROTOS = {"tcp": 6, "mptcp": 262, "sctp": 132}
TCP_MD5SIG, TCP_AO_ADD_KEY, TCP_ULP, SOL_TLS = 14, 38, 31, 282


def sockaddr_storage(address):
    if ":" in address:
        raw = struct.pack("=HHI16sI", socket.AF_INET6, 0, 0,
                          socket.inet_pton(socket.AF_INET6, address), 0)
    else:
        raw = struct.pack("=HH4s", socket.AF_INET, 0, socket.inet_aton(address))
    return raw.ljust(128, b"\0")


def md5_key(s, key, peer):
    raw = sockaddr_storage(peer) + struct.pack("=BBHi80s", 0, 0, len(key), 0, key.encode())
    s.setsockopt(6, TCP_MD5SIG, raw)


def ao_key(s, key, peer):
    # struct tcp_ao_add of linux/tcp.h; set_current and set_rnext are bits 0 and 1
    raw = sockaddr_storage(peer) + struct.pack(
        "=64siIHBBBBBB80s", b"hmac(sha1)", 0, 0, 0, 128 if ":" in peer else 32,
        100, 100, 12, 0, len(key), key.encode())
    s.setsockopt(6, TCP_AO_ADD_KEY, raw)


def tls(s, sends, version):
    # struct tls12_crypto_info_aes_gcm_128: version, cipher, iv, key, salt, rec_seq
    def info(byte):
        return struct.pack("=HH8s16s4s8s", {"1.2": 0x0303, "1.3": 0x0304}[version], 51, bytes([byte] * 8), bytes([byte] * 16),
                           bytes([byte] * 4), bytes(8))
    s.setsockopt(6, TCP_ULP, b"tls")
    s.setsockopt(SOL_TLS, 1, info(1 if sends else 2))
    s.setsockopt(SOL_TLS, 2, info(2 if sends else 1))


def make(proto, address, options):
    s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET,
                      socket.SOCK_STREAM, PROTOS[proto])
    s.settimeout(30)
    if "md5" in options:
        md5_key(s, *options["md5"].split(","))
    if "ao" in options:
        ao_key(s, *options["ao"].split(","))
    return s


def serve_one(s, options):
    s.settimeout(30)
    if "tls" in options:
        tls(s, False, options["tls"])
    size, = struct.unpack("!I", exactly(s, 4))
    digest = hashlib.sha256()
    while size:
        data = s.recv(min(size, 65536))
        if not data:
            break
        size -= len(data)
        digest.update(data)
    s.sendall(digest.digest())
    s.close()


def exactly(s, n):
    data = b""
    while len(data) < n:
        more = s.recv(n - len(data))
        if not more:
            raise SystemExit("connection closed early")
        data += more
    return data


def serve(proto, address, port, options):
    listener = make(proto, address, options)
    listener.settimeout(None)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((address, port))
    if "cc" in options:
        listener.setsockopt(6, socket.TCP_CONGESTION, options["cc"].encode())
    if "fastopen" in options:
        listener.setsockopt(6, socket.TCP_FASTOPEN, 16)
    listener.listen(64)
    while True:
        s, _ = listener.accept()
        if os.fork() == 0:
            serve_one(s, options)
            os._exit(0)
        s.close()


def send_one(proto, address, port, size, options, cc):
    try:
        s = make(proto, address, options)
        if cc:
            s.setsockopt(6, socket.TCP_CONGESTION, cc.encode())
        data = os.urandom(size)
        message = struct.pack("!I", size) + data
        if "fastopen" in options:
            s.settimeout(None)  # or it would not wait for the cookie
            n = s.sendto(message[:1000], socket.MSG_FASTOPEN, (address, port))
            message = message[n:]
        else:
            s.connect((address, port))
        if "tls" in options:
            tls(s, True, options["tls"])
        s.sendall(message)
        answer = exactly(s, 32)
        assert answer == hashlib.sha256(data).digest(), "checksum differs"
        if cc:
            used = s.getsockopt(6, socket.TCP_CONGESTION, 16).rstrip(b"\0").decode()
            assert used == cc, used + " was used"
        s.close()
        return 0
    except (OSError, AssertionError, SystemExit) as e:
        print(cc, repr(e), flush=True)
        return 1


def send(proto, address, port, size, options):
    failed = 0
    children = 0
    for cc in options.get("cc", "").split(","):
        if os.fork() == 0:
            os._exit(send_one(proto, address, port, size, options, cc))
        children += 1
    for _ in range(children):
        failed += os.wait()[1] != 0
    sys.exit(bool(failed))


def main():
    verb, proto, address, port, *rest = sys.argv[1:]
    size = int(rest.pop(0)) if verb == "send" else 0
    options = dict(o.split("=", 1) if "=" in o else (o, "") for o in rest)
    if verb == "serve":
        serve(proto, address, int(port), options)
    send(proto, address, int(port), size, options)


main()
