"""What a process may do, tried out. Run by a unit before its own program, so in its own sandbox; prints one JSON object."""

import errno
import json
import os
import socket
import sys


def outcome(attempt):
    """ "allowed", or the error's name."""
    try:
        attempt()
    except OSError as error:
        return errno.errorcode[error.errno or 0]
    return "allowed"


def open_for(flags, path):
    return lambda: os.close(os.open(path, flags))


def sql():
    import sqlite3

    try:
        database = sqlite3.connect("/var/lib/edge-valgus/edge-valgus.db", timeout=1)
        database.execute("DELETE FROM reps")
        database.commit()
    except sqlite3.OperationalError as error:
        raise OSError(errno.EROFS, str(error)) from error


ATTEMPTS = {
    "internet socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM),
    "internet 6 socket": lambda: socket.socket(socket.AF_INET6, socket.SOCK_DGRAM),
    "netlink socket": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW),
    "packet socket": lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW),
    "local socket": lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM),
    "camera": open_for(os.O_RDWR, "/dev/video0"),
    "pins": open_for(os.O_RDWR, "/dev/gpiochip0"),
    "another device": open_for(os.O_RDWR, "/dev/other-device"),
    "null device": open_for(os.O_RDWR, "/dev/null"),
    "write database": open_for(os.O_RDWR, "/var/lib/edge-valgus/edge-valgus.db"),
    "read database": open_for(os.O_RDONLY, "/var/lib/edge-valgus/edge-valgus.db"),
    "delete reps": sql,
    # A descriptor to read from is enough to hold a lock, and so to keep the camera's process from starting.
    "open the database's lock": open_for(os.O_RDONLY, "/var/lib/edge-valgus/edge-valgus.db.lock"),
    "open the live socket's lock": open_for(os.O_RDONLY, "/run/edge-valgus/live.sock.lock"),
    "new file beside the database": open_for(os.O_CREAT | os.O_RDWR, "/var/lib/edge-valgus/new"),
    "new file in the runtime folder": open_for(os.O_CREAT | os.O_RDWR, "/run/edge-valgus/new"),
    "change its program": open_for(os.O_RDWR, "/opt/edge-valgus/bin/edge-valgus"),
    "change its settings": open_for(os.O_RDWR, "/etc/edge-valgus/config.toml"),
    "another user's file": open_for(os.O_RDONLY, "/home/somebody/diary"),
    "kernel log": open_for(os.O_RDONLY, "/dev/kmsg"),
    "program of the system": open_for(os.O_RDWR, "/usr/bin/env"),
    "become root": lambda: os.setuid(0),
    "set the clock": lambda: __import__("time").clock_settime(0, 0),
    "change the host name": lambda: os.close(os.open("/proc/sys/kernel/hostname", os.O_RDWR)),
}

print("probe " + json.dumps({name: outcome(attempt) for name, attempt in ATTEMPTS.items()}))
sys.stdout.flush()
