"""What a phone does with http://edge-valgus.local: asks the network for the name (multicast DNS, RFC 6762), then gets the page.

phone.py NAME: prints one JSON object. Run in the network namespace of the phone.
"""

import http.client
import json
import socket
import struct
import sys
import time

A, PTR = 1, 12
GROUP = ("224.0.0.251", 5353)


def question(name, kind):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack("!6H", 0, 0, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!2H", kind, 1)


def read_name(packet, at):
    """(the name at a place of a packet, where it ends there)"""
    labels, end = [], 0
    while packet[at]:
        if packet[at] >= 0xC0:
            end = end or at + 2
            at = struct.unpack_from("!H", packet, at)[0] & 0x3FFF
        else:
            labels.append(packet[at + 1 : at + 1 + packet[at]].decode())
            at += 1 + packet[at]
    return ".".join(labels), end or at + 1


def answers(packet, kind):
    _, _, questions, records, *_ = struct.unpack_from("!6H", packet)
    at = 12
    for _ in range(questions):
        at = read_name(packet, at)[1] + 4
    for _ in range(records):
        at = read_name(packet, at)[1]
        found, _, _, length = struct.unpack_from("!2HIH", packet, at)
        at += 10
        if found == kind:
            yield socket.inet_ntoa(packet[at : at + 4]) if kind == A else read_name(packet, at)[0]
        at += length


def ask_network(name, kind, within_s=20.0):
    """The first answer that anybody gives."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(1.0)
        end_s = time.monotonic() + within_s
        while time.monotonic() < end_s:
            asking.sendto(question(name, kind), GROUP)
            try:
                found = list(answers(asking.recv(9000), kind))
            except TimeoutError:
                continue
            if found:
                return found[0]
    raise SystemExit(f"nobody answers to {name}")


def main(name):
    address = ask_network(name, A)
    connection = http.client.HTTPConnection(address, 80, timeout=5)
    connection.request("GET", "/", headers={"Host": name})
    answer = connection.getresponse()
    said = {
        "address": address,
        "announced": ask_network("_http._tcp.local", PTR),
        "status": answer.status,
        "page": answer.read().decode(),
    }
    print(json.dumps(said))


if __name__ == "__main__":
    main(sys.argv[1])
