#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""vnc-head.py - ask a VNC server of QEMU for another screen of its VM

Usage: vnc-head.py HOST:DISPLAY N

Presses Ctrl, Alt and the digit N, which is for QEMU and not for the guest. The
server has taken it when this ends.
"""

import os
import socket
import struct
import sys

CTRL, ALT = 0xffe3, 0xffe9
PATIENCE = int(os.environ['PATIENCE'])	# only a server which hangs takes longer


def receive(sock, size):
    data = b""
    while len(data) < size:
        part = sock.recv(size - len(data))
        if not part:
            sys.exit("the server has hung up")
        data += part
    return data


def handshake(sock):
    receive(sock, 12)
    sock.sendall(b"RFB 003.008\n")
    kinds = receive(sock, receive(sock, 1)[0])
    if 1 not in kinds:
        sys.exit("the server wants a password")
    sock.sendall(b"\x01")
    if receive(sock, 4) != bytes(4):
        sys.exit("the server refuses")
    sock.sendall(b"\x01")		# others may stay connected
    name = struct.unpack(">20xI", receive(sock, 24))[0]
    receive(sock, name)


def press(sock, keys):
    for down, order in ((1, keys), (0, reversed(keys))):
        for key in order:
            sock.sendall(struct.pack(">BBxxI", 4, down, key))


def main(args):
    if len(args) != 2:
        print(__doc__.strip())
        return 1
    host, display = args[0].rsplit(":", 1)
    with socket.create_connection((host, 5900 + int(display)), PATIENCE) as sock:
        handshake(sock)
        press(sock, [CTRL, ALT, ord(args[1])])
        # Messages are taken in their order: an answer to the next one says so.
        sock.sendall(struct.pack(">BBHHHH", 3, 0, 0, 0, 1, 1))
        receive(sock, 1)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
