#!/usr/bin/env python3
"""report_schema.py SCHEMA REPORT...: each is as the schema says, and spoilt in each way of a table it is not."""
import copy, json, sys
import jsonschema

schema = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
SPOILS = [
    ('no verdict', lambda r: r.pop('verdict')), ('a verdict of its own', lambda r: r.update(verdict='PASSED')), ('no policy', lambda r: r.pop('policy')),
    ('a policy without hash', lambda r: r['policy'].pop('sha256')), ('no time', lambda r: r.pop('judged')), ('a sub-indication of its own', lambda r: r.update(sub='FINE')),
    ('a field more', lambda r: r.update(more=1)), ('signatures as a number', lambda r: r.update(signatures=1)), ('another colour', lambda r: r['answer'].update(colour='pink')),
    ('a sentence in one language', lambda r: r['remarks'].append({'vi': 'x'})), ('in force, perhaps', lambda r: r['in_force'].update(answer='perhaps')), ('a short hash', lambda r: r.update(sha256='00')),
]
for path in sys.argv[2:]:
    report = json.load(open(path))
    errors = sorted(validator.iter_errors(report), key=str)
    if errors:
        sys.exit(f'{path}: {errors[0].json_path}: {errors[0].message[:300]}')
    for name, spoil in SPOILS:
        spoilt = copy.deepcopy(report)
        spoil(spoilt)
        if validator.is_valid(spoilt):
            sys.exit(f'{path}: with {name} it is as the schema says')
