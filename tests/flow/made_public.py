#!/usr/bin/env python3
"""What agencies make public holds back what it must, in every octet of every answer.

made_public.py BASE_URL SAMPLES KINDS

Walks from /cong-khai to every agency's list, as JSON, as a page and as a feed, page
after page, as anybody can.  Of the samples, all of which were issued:

  - no value of a field that its kind masks or hides, and no dossier code;
  - of a kind that is not made public no value at all that is not told elsewhere;
  - of the others each public value, so that an empty answer is no good one.
"""
import html, json, re, sys, unicodedata, urllib.request, xml.etree.ElementTree as ET

P = '{urn:antin:policy:1}'
SHORT = 6                             # a shorter value ("Nam") stands in other words, too


def kinds_in(folder):
    import glob
    kinds = {}
    for path in glob.glob(folder + '/*.xml'):
        root = ET.parse(path).getroot()
        kinds[root.get('loai')] = (root.find(P + 'publish') is not None, root.find(P + 'fields'))
    return kinds


def values(group, value, shown):
    """(public, text) of each value below a group of fields."""
    for field in group.findall(P + 'field'):
        name = field.get('name')
        for one in value.get(name) if isinstance(value.get(name), list) else [value.get(name)]:
            public = shown and field.get('show', 'public') == 'public'
            if isinstance(one, dict):
                yield from values(field, one, public)
            elif isinstance(one, str):
                yield public, one


def fetched(base):
    def get(path):
        with urllib.request.urlopen(base + path) as r:
            robots = r.headers.get('X-Robots-Tag', '')
            if 'noindex' not in robots:
                sys.exit(f'not ok {path} may be kept by search engines')
            return r.read().decode()
    first = get('/cong-khai')
    agencies = re.findall(r'href="/cong-khai/([^"/]+)"', first)
    answers, items = {'/cong-khai': first}, 0
    for a in agencies:
        answers[f'/cong-khai/{a}/atom'] = get(f'/cong-khai/{a}/atom')
        ET.fromstring(answers[f'/cong-khai/{a}/atom'])
        after = ''
        while after is not None:
            text = get(f'/v1/publications?agency={a}{after}')
            page = get(f'/cong-khai/{a}{after.replace("&", "?", 1)}')
            answers[f'/v1/publications?agency={a}{after}'], answers[f'/cong-khai/{a}{after}'] = text, page
            answer = json.loads(text)
            items += len(answer['items'])
            after = f'&after={answer["next"]}' if answer['next'] is not None else None
    return answers, len(agencies), items


def plain(text):
    return unicodedata.normalize('NFC', html.unescape(text)).casefold()


def forms(text):
    """As it was submitted, and as it is printed."""
    day = re.fullmatch(r'(\d{4})-(\d\d)-(\d\d)', text)
    return ([f'{day[3]}/{day[2]}/{day[1]}'] if day else []) + [plain(text)]


def main():
    base, samples, folder = sys.argv[1:4]
    kinds, bad, held, told, other = kinds_in(folder), 0, {}, {}, {}
    for s in json.load(open(samples, encoding='utf-8'))['permits']:
        published, fields = kinds[s['loai']]
        held[plain(s['ma_ho_so'])] = 'the dossier of ' + s['id']
        for public, text in values(fields, s, True):
            for form in forms(text)[:1] if published and public else forms(text):
                if len(form) >= SHORT:
                    (other if not published else told if public else held)[form] = f'{text} of {s["id"]}'
        if not published:
            other[plain(s['so_ky_hieu'])] = 'the number of ' + s['id']
    answers, agencies, items = fetched(base)
    whole = {path: plain(text) for path, text in answers.items()}
    everything = '\n'.join(whole.values())
    for form, what in sorted({**other, **held}.items()):
        if form in told and form not in held:
            continue
        for path, text in whole.items():
            if form in text:
                print(f'not ok {path} tells {what}')
                bad += 1
    missing = [what for form, what in told.items() if re.sub(r'\s+', ' ', form) not in re.sub(r'\s+', ' ', everything)]
    if not told or not held or not other or missing:
        print('not ok what should be public is not:', missing[:5])
        bad += 1
    print(f'{"ok" if not bad else "not ok"} {len(answers)} answers of {agencies} agencies, {items} items: none of {len(held) + len(other)} values held back, '
          f'{len(told)} public ones')
    sys.exit(bad > 0)


main()
