#!/usr/bin/env python3
"""Places as RFC 7946 wants them, and where PROJ says that the signed corners lie.

geojson.py PLACES SAMPLES ID

Knows nothing of Antin: each ring is closed, goes against the clock and lies in degrees;
of the sample each corner is converted by PROJ (Debian: proj-bin), out of the sample's own
numbers.
"""
import json, subprocess, sys

# EPSG's code of the zone, by meridian and width.
ZONES = {("105°45'", 3): 'EPSG:9210'}


def proj(zone, corners):
    steps = subprocess.run(['projinfo', '-q', '-o', 'PROJ', '--single-line', '-s', zone, '-t', 'EPSG:4326'], capture_output=True, text=True, check=True).stdout.split()
    said = subprocess.run(['cct', '-d', '9', '-z', '0', '-t', '0', *steps], input=''.join(f'{y} {x}\n' for x, y in corners), capture_output=True, text=True, check=True).stdout
    return [(float(line.split()[1]), float(line.split()[0])) for line in said.splitlines()]


def ring_is_good(ring):
    twice = sum((a[0] - ring[0][0]) * (b[1] - ring[0][1]) - (b[0] - ring[0][0]) * (a[1] - ring[0][1]) for a, b in zip(ring, ring[1:]))
    return len(ring) >= 4 and ring[0] == ring[-1] and twice > 0 and all(len(p) == 2 and 102 < p[0] < 110 and 8 < p[1] < 24 for p in ring)


def main():
    places = json.load(open(sys.argv[1], encoding='utf-8'))
    sample = next(p for p in json.load(open(sys.argv[2], encoding='utf-8'))['permits'] if p['id'] == sys.argv[3])
    plot = sample['cong_trinh']['toa_do_vn2000']
    assert places['type'] == 'FeatureCollection' and len(places['features']) == 1, 'one feature'
    feature = places['features'][0]
    assert feature['type'] == 'Feature' and feature['geometry']['type'] == 'MultiPolygon', 'a feature of polygons'
    rings = [ring for polygon in feature['geometry']['coordinates'] for ring in polygon]
    assert len(rings) == 1 and all(ring_is_good(r) for r in rings), 'rings by RFC 7946'
    told, want = rings[0][:-1], proj(ZONES[plot['kinh_tuyen_truc'], plot['mui_chieu']], plot['dinh'])
    assert len(told) == len(want) and all(min(max(abs(t[0] - w[0]), abs(t[1] - w[1])) for t in told) < 2e-8 for w in want), f'{told} where PROJ has {want}'
    signed = feature['properties']['vn2000'][0]
    assert [[float(n) for n in c.split()] for c in signed['corners']] == plot['dinh'] and signed['meridian'] == plot['kinh_tuyen_truc'], 'the corners as they are signed'
    print(f'{len(want)} corners where PROJ has them, against the clock')


main()
