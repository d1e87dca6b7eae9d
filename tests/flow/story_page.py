#!/usr/bin/env python3
"""A story's sheet, read by a parser that is not ours: it is XML, it has no script and
leads nowhere, every fact of the JSON story stands on it, and of a bundle's the SHA-256
of each other file.

story_page.py SHEET.html STORY.json [SHA256SUMS]
"""
import datetime
import json
import re
import sys
import xml.etree.ElementTree as ET

bad = 0
HTML = "{http://www.w3.org/1999/xhtml}"
VIETNAM = datetime.timezone(datetime.timedelta(hours=7))


def check(what, good):
    global bad
    bad += not good
    print(("ok " if good else "not ok ") + what)


def as_shown(value):
    text = str(value)
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return datetime.date.fromisoformat(text).strftime("%d/%m/%Y")
    if re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]{8}Z", text):
        return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(VIETNAM).strftime("%d/%m/%Y %H:%M:%S")
    return text


def lacking(part, facts):
    """The facts that are no text of their own there, or no part of one."""
    texts = ["".join(x.itertext()).strip() for x in part.iter() if x.tag in (HTML + "dd", HTML + "p", HTML + "h2")]
    return [k for k, v in facts.items() if as_shown(v) not in texts and not any(as_shown(v) in t for t in texts if k in ("entry", "time", "what", "day"))]


root = ET.parse(sys.argv[1]).getroot()
story = json.load(open(sys.argv[2]))
used = {x.tag.removeprefix(HTML) for x in root.iter()}
check("nothing but words, lists and tables", used <= set("html head meta title style body header main section h1 h2 h3 p span ol li dl div dt dd table caption tbody tr td code".split()))
attributes = {k for x in root.iter() for k in x.attrib}
check("it leads nowhere", not any(k.startswith("on") or k in ("src", "href", "style", "action") for k in attributes))
check("its style asks for nothing", not re.search(r"url\(|@import", "".join(x.text for x in root.iter(HTML + "style"))))
check("the browser is told so", any("default-src 'none'" in x.get("content", "") for x in root.iter(HTML + "meta")))

where = {x.get("class"): x for x in root.iter(HTML + "section")}
check("whose it is", not lacking(where["permit"], {k: v for k, v in story["permit"].items() if v != ""}))
check("what it is on that day", not lacking(where["status"], story["status"]))
steps = list(root.iter(HTML + "li"))
check(f"{len(story['steps'])} steps, none more", len(steps) == len(story["steps"]) > 0)
missing = [f"{n}: {k}" for n, (li, step) in enumerate(zip(steps, story["steps"]), 1) for k in lacking(li, step)]
check("each fact of each of them" + (f" ({missing})" if missing else ""), not missing)

if len(sys.argv) > 3:
    sums = {line[66:].rstrip("\n"): line[:64] for line in open(sys.argv[3])}
    listed = {row[0].text: row[1].text for row in root.iter(HTML + "tr")}
    check("the other files, with their sums", listed == {k: v for k, v in sums.items() if k != "story.html"} and "story.html" in sums)
sys.exit(bad > 0)
