#!/usr/bin/env python3
"""When a witness cosigned a checkpoint, by its own clock, UTC: read off the line that is
its own (c2sp.org/tlog-cosignature).

cosigned_at.py CHECKPOINT VKEY
"""
import base64
import datetime
import sys

name, key_id, _ = sys.argv[2].split("+", 2)
for line in open(sys.argv[1], encoding="utf-8"):
    if line.startswith(f"— {name} "):
        octets = base64.b64decode(line.split()[2])
        if octets[:4].hex() == key_id:
            print(datetime.datetime.fromtimestamp(int.from_bytes(octets[4:12], "big"), datetime.timezone.utc).strftime("%Y-%m-%d %H:%M:%S"))
