#!/usr/bin/env python3
"""Undoes what was not made safe before a power cut (see powercut.c).
usage: powercut_apply.py LOG        prints how many changes were taken away"""
import os
import sys


def octets(text):
    return b"" if text == "-" else bytes.fromhex(text)


def main(log):
    records = [line.rstrip("\n").split(" ") for line in open(log)]
    safe_file, safe_dir = {}, {}
    for i, r in enumerate(records):
        if r[0] == "S":
            safe_file[r[1]] = i
        elif r[0] == "D":
            safe_dir[r[1]] = i
        elif r[0] == "R":
            # A file that was made safe under its old name is safe under its new one.
            if r[2] in safe_file:
                safe_file[r[1]] = safe_file[r[2]]
    undone = 0
    for i in range(len(records) - 1, -1, -1):
        r = records[i]
        kind = r[0]
        if kind in "SD":
            continue
        path = r[1]
        parent = os.path.dirname(path)
        if kind in "WT":
            if safe_file.get(path, -1) > i or not os.path.exists(path):
                continue
            with open(path, "r+b") as f:
                if kind == "W":
                    at, size, old = int(r[2]), int(r[3]), octets(r[4])
                    f.seek(at)
                else:
                    size, old = int(r[2]), octets(r[3])
                    f.seek(size - len(old))
                f.write(old)
                f.truncate(size)
        elif kind == "C":
            # ext4 and xfs keep a new file that was itself synced; be as strict
            # as the standard: its name is safe only with its folder.
            if safe_dir.get(parent, -1) > i or not os.path.exists(path):
                continue
            os.unlink(path)
        elif kind == "R":
            if safe_dir.get(parent, -1) > i or not os.path.exists(path):
                continue
            os.rename(path, r[2])
            if r[3] != "none":
                open(path, "wb").write(octets(r[3]))
        elif kind == "U":
            if safe_dir.get(parent, -1) > i:
                continue
            open(path, "wb").write(octets(r[2]))
        undone += 1
    for root, _, files in os.walk(os.environ.get("POWERCUT_DIR", "/nonexistent")):
        for name in files:
            if name.endswith("-shm"):
                os.unlink(os.path.join(root, name))
    print(undone)


main(sys.argv[1])
