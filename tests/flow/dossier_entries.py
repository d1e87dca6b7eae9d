#!/usr/bin/env python3
"""What the public log says of dossiers, read by another's eyes: every entry of
every bundle is decoded (RFC 8949) and the entries of type 19 are followed by the
rule of FORMATS.md; no published octet holds a whole dossier code, a reason or a
name.

dossier_entries.py API DATABASE
"""
import datetime
import sqlite3
import sys
import unicodedata

import tiles

api, database = sys.argv[1:]
EDGES = {None: {"received"}, "received": {"paused", "returned", "refused", "done"}, "paused": {"resumed", "returned", "refused"},
         "resumed": {"paused", "returned", "refused", "done"}, "returned": set(), "refused": set(), "done": set()}
bad = 0


def check(what, good):
    global bad
    bad += not good
    print(("ok " if good else "not ok ") + what)


published = list(tiles.bundles(api))
lines = {}
corrections = 0
shapes = True
for entry in (e for b in published for e in tiles.entries(b)):
    if entry[1] != 19:
        continue
    public, handle = entry[9], entry[5]
    shapes &= len(public) in (3, 4) and public[-1].decode().isdigit() and len(handle) == 16
    step = public[0].decode()
    due = public[2] if len(public) == 4 else None
    line = lines.setdefault(handle, {"org": entry[3].decode(), "steps": [], "running": public[-1].decode()})
    shapes &= line["org"] == entry[3].decode() and line["running"] == public[-1].decode() and public[1] * 86400 - 7 * 3600 <= entry[2]
    standing = line["steps"][-1][0] if line["steps"] else None
    if step in EDGES[standing]:
        line["steps"].append([step, public[1], due])
    else:
        at = max(i for i, s in enumerate(line["steps"]) if s[0] == step)
        line["steps"][at] = [step, public[1], due]
        corrections += 1
check("entries of dossiers have their one shape, no day is to come", shapes and len(lines) > 0)
check("corrections are told from steps by the entries alone", corrections > 0)

db = sqlite3.connect("file:%s?mode=ro" % database, uri=True)
rows = db.execute("SELECT handle, agency, step, since, due, running, code FROM dossier").fetchall()
same = len(rows) == len(lines)
for handle, agency, step, since, due, running, code in rows:
    line = lines[handle]
    dues = [s[2] for s in line["steps"] if s[2] is not None]
    same &= (line["org"], line["steps"][-1][0], line["steps"][-1][1], dues[-1], line["running"]) == (agency, step, since, due, running)
    date = datetime.date(1970, 1, 1) + datetime.timedelta(days=line["steps"][0][1])
    same &= "-%02d%02d%02d-%s" % (date.year % 100, date.month, date.day, running) in code
check("followed from the beginning they give the register's %d dossiers" % len(rows), same)

permits = {h for (h,) in db.execute("SELECT handle FROM permit")}
check("no dossier has a permit's handle", not permits & set(lines))

secret = {r[6] for r in rows} | {r for (r,) in db.execute("SELECT reason FROM dossier_step WHERE reason IS NOT NULL")}
secret |= {d for (d,) in db.execute("SELECT dossier FROM permit")} | {h for (h,) in db.execute("SELECT holder FROM permit")}
secret |= {"Bí Mật", "Trần Văn"}
everything = b"".join(published)
found = [s for s in secret for form in ("NFC", "NFD") if unicodedata.normalize(form, s).encode() in everything]
check("no published octet holds one of %d codes, reasons or names" % len(secret), not found and len(everything) > 0)
sys.exit(bad != 0)
