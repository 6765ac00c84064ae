"""A small program on libzmq, as somebody else would write it; it says on stdout what happens, line by line.

Usage: peer.py ROLE JSON   with {"address", "count", "serverKey", "publicKey", "secretKey"}; keys are optional.
Roles: pub and rep bind and print their address; sub and req connect.
"""
import json
import struct
import sys

import zmq

STAMP_S = 1_800_000_000.123457


def say(**facts):
    print(json.dumps(facts), flush=True)


def text_of(parts):
    """Payload as text, and the stamp of a second frame."""
    stamp = struct.unpack("<d", parts[1])[0] if len(parts) > 1 else None
    return {"text": parts[0].decode(), "stamp": stamp}


def open_socket(kind, options):
    socket = zmq.Context.instance().socket(kind)
    # Whoever waits longer than this is stuck: the test ends, and says where.
    socket.setsockopt(zmq.RCVTIMEO, 20_000)
    if "secretKey" in options:
        socket.curve_publickey = options["publicKey"].encode()
        socket.curve_secretkey = options["secretKey"].encode()
        if "serverKey" in options:
            socket.curve_serverkey = options["serverKey"].encode()
        else:
            socket.curve_server = True
    if "address" in options:
        socket.connect(options["address"])
    else:
        port = socket.bind_to_random_port("tcp://127.0.0.1")
        say(address=f"tcp://127.0.0.1:{port}")
    return socket


def pub(options):
    socket = open_socket(zmq.XPUB, options)
    # Begins when somebody listens: nothing has to be waited for.
    say(subscribed=socket.recv().hex())
    for number in range(options["count"]):
        socket.send(f"message {number}".encode())
        socket.send_multipart([f"stamped {number}".encode(), struct.pack("<d", STAMP_S)])
    sys.stdin.readline()


def sub(options):
    socket = open_socket(zmq.SUB, options)
    socket.subscribe(b"")
    taken = 0
    while taken < options["count"]:
        parts = socket.recv_multipart()
        if parts[0] == b"greeting":
            say(greeted=True)
            continue
        taken += 1
        say(**text_of(parts))


def rep(options):
    socket = open_socket(zmq.REP, options)
    for _ in range(options["count"]):
        parts = socket.recv_multipart()
        say(**text_of(parts))
        socket.send_multipart([b"answer to " + parts[0], *parts[1:]])
    sys.stdin.readline()


def req(options):
    socket = open_socket(zmq.REQ, options)
    for number in range(options["count"]):
        stamp = [struct.pack("<d", STAMP_S)] if number % 2 else []
        socket.send_multipart([f"question {number}".encode(), *stamp])
        say(**text_of(socket.recv_multipart()))


if __name__ == "__main__":
    {"pub": pub, "sub": sub, "rep": rep, "req": req}[sys.argv[1]](json.loads(sys.argv[2]))
