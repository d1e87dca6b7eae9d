"""Asks antin, openssl and certtool every question of the tables and compares the
answers with what the RFC says (README.md).

usage: run.py BUILD [--show WORD]      --show: only rows whose name has WORD, told whole, files kept
"""
import concurrent.futures, json, os, re, shlex, shutil, subprocess, sys, tempfile
sys.dont_write_bytecode = True     # nothing is left in the tree
import make

HERE = os.path.dirname(os.path.abspath(__file__))
AT_LEAST = {"path": 150, "crl": 40, "ocsp": 40}
ANTIN_DIFFERS_AT_MOST = 10
# Every step of the algorithms that a verifier without caches of its own can be
# asked about: a row each, at least.
STEPS = {"path": ["6.1.1 (c)", "6.1.1 (e)", "6.1.1 (f)", "6.1.1 (g)", "6.1.3 (a)(1)", "6.1.3 (a)(2)", "6.1.3 (a)(3)", "6.1.3 (a)(4)", "6.1.3 (b)", "6.1.3 (c)",
        "6.1.3 (d)(1)", "6.1.3 (d)(2)", "6.1.3 (d)(3)", "6.1.3 (e)", "6.1.3 (f)", "6.1.4 (a)", "6.1.4 (b)(1)", "6.1.4 (b)(2)", "6.1.4 (g)", "6.1.4 (h)", "6.1.4 (i)", "6.1.4 (j)",
        "6.1.4 (k)", "6.1.4 (l)", "6.1.4 (m)", "6.1.4 (n)", "6.1.4 (o)", "6.1.5 (a)", "6.1.5 (b)", "6.1.5 (f)", "6.1.5 (g)"],
    "crl": ["6.3.3 (a)", "6.3.3 (b)(1)", "6.3.3 (b)(2)(i)", "6.3.3 (b)(2)(ii)", "6.3.3 (b)(2)(iii)", "6.3.3 (b)(2)(iv)", "6.3.3 (c)(1)", "6.3.3 (c)(2)", "6.3.3 (d)", "6.3.3 (e)",
        "6.3.3 (f)", "6.3.3 (g)", "6.3.3 (h)", "6.3.3 (i)", "6.3.3 (j)", "6.3.3 (k)", "6.3.3 (l)"],
    "ocsp": ["2.2", "2.3", "3.2 (1)", "3.2 (2)", "3.2 (3)", "3.2 (4)", "3.2 (5)", "3.2 (6)", "4.2.1", "4.2.2.1", "4.2.2.2", "4.2.2.2.1", "4.2.2.3"]}

POLICY_STEPS = re.compile(r"6\.1\.(1 \([cefg]\)|3 \([def]\)|4 \([ahij]\)|4 \(b\)|5 \([abg]\))")

class Row:
    def __init__(self, kind, name, why):
        self.kind, self.name, self.why = kind, name, why
        self.parties = {"root": {}, "sub": {}, "leaf": {}}
        self.crls, self.ocsp, self.singles = [], {}, []
        self.trust, self.bag, self.ask, self.at, self.issuer = ["root"], None, [], make.NOW, None
        self.want, self.differs = None, {}

def words(parts): return {k: v for k, _, v in (p.partition("=") for p in parts)}

def read_rows(path):
    rows, row = [], None
    for number, line in enumerate(open(path, encoding="utf-8"), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if not line[0].isspace():
            kind, name, why = line.rstrip("\n").split(None, 2)
            row = Row(kind, name, why)
            rows.append(row)
            continue
        first, *rest = line.split(None, 1)
        rest = rest[0].strip() if rest else ""
        if first in ("antin", "openssl", "certtool"):
            row.differs[first] = tuple(rest.split(None, 1))
            assert len(row.differs[first]) == 2, "%s:%d: says no clause" % (path, number)
            continue
        parts = shlex.split(rest)
        if first == "want": row.want = parts
        elif first == "crl": row.crls.append(words(parts))
        elif first == "ocsp": row.ocsp = words(parts)
        elif first == "one": row.singles.append(dict(words(parts[1:]), party=parts[0]))
        elif first in ("trust", "bag"): setattr(row, first, [p for p in parts if p != "none"])
        elif first == "ask": row.ask = parts
        elif first == "at": row.at = parts[0]
        elif first == "issuer": row.issuer = parts
        else: row.parties[first] = words(parts)
    return rows

# The files of one row.

def write(folder, file, what):
    with open(os.path.join(folder, file), "wb") as f:
        f.write(what if isinstance(what, bytes) else what.encode())

def write_row(row, folder):
    w = make.World(row.parties)
    certs = {p: make.pem("CERTIFICATE", w.cert(p)) for p in row.parties}
    row.bag = row.bag if row.bag is not None else [p for p in reversed(row.parties) if p not in row.trust and p != "leaf"]
    row.issuer = row.issuer or [w.by("leaf")]
    write(folder, "leaf.pem", certs["leaf"])
    write(folder, "trust.pem", "".join(certs[p] for p in row.trust))
    write(folder, "bag.pem", "".join(certs[p] for p in row.bag))
    write(folder, "chain.pem", certs["leaf"] + "".join(certs[p] for p in row.bag))
    write(folder, "issuer.pem", "".join(certs[p] for p in row.issuer))
    write(folder, "first.pem", certs[row.issuer[0]])
    write(folder, "rest.pem", "".join(certs[p] for p in row.issuer[1:]))
    write(folder, "crls.pem", "".join(make.pem("X509 CRL", w.crl(c)) for c in row.crls))
    if row.kind == "ocsp":
        write(folder, "ocsp.der", w.ocsp(row.ocsp, row.singles))

# What each program says.

def run(folder, *command, more={}):
    r = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60,
        env=dict(os.environ, TZ="UTC", LC_ALL="C.UTF-8", **more))
    return r.returncode, r.stdout.decode(errors="replace")

def given(folder, option, file): return (option, file) if os.path.getsize(os.path.join(folder, file)) else ()

def then(row, *command): return ("faketime", "-f", "@" + row.at.replace("T", " ") + ("" if "T" in row.at else " 00:00:00"), *command)

# OpenSSL 3.0 forgets 42 octets at a certificate with policyConstraints and no policies; the leak checker would end a good answer.
OPENSSL_LEAKS = {"ASAN_OPTIONS": "detect_leaks=0"}

def antin_path(antin, row, folder):
    code, said = run(folder, antin, "path", "leaf.pem", "--trust", "trust.pem", *given(folder, "--untrusted", "bag.pem"), "--at", row.at + ("Z" if "T" in row.at else "T00:00:00Z"), "--json",
        *(("--crl", "crls.pem") if row.crls else ()), *row.ask, more=OPENSSL_LEAKS if any("pc" in w and "pol" not in w for w in row.parties.values()) else {})
    answer = {0: ["yes"], 1: ["no"], 2: ["later"]}.get(code, ["exit %d" % code])
    sub = re.search(r'"sub":"(\w*)"', said)
    return answer + ([sub[1]] if sub and sub[1] else []), said

def antin_status(antin, row, folder):
    code, said = run(folder, antin, "status", "leaf.pem", "--issuer", "issuer.pem", "--at", row.at + "Z", "--json",
        *(("--crl", "crls.pem") if row.kind == "crl" else ("--ocsp", "ocsp.der")))
    word = re.search(r'"status":"(\w+)"', said)
    agree = word and {0: "good", 1: "revoked", 2: "unknown"}.get(code) == word[1]
    return [word[1] if agree else "exit %d" % code], said

OPENSSL_OPTIONS = {"--explicit-policy": "-explicit_policy", "--inhibit-policy-mapping": "-inhibit_map", "--inhibit-any-policy": "-inhibit_any",
    "--require-crl": "-crl_check_all", "--policy": "-policy", "--purpose": "-purpose"}
OPENSSL_PURPOSES = {"serverAuth": "sslserver", "clientAuth": "sslclient", "emailProtection": "smimesign", "timeStamping": "timestampsign", "any": "any"}
VERIFY = ("openssl", "verify", "-no-CApath", "-no-CAstore", "-x509_strict", "-partial_chain", "-auth_level", "2")

def openssl_path(row, folder):
    options = [OPENSSL_OPTIONS.get(o, OPENSSL_PURPOSES.get(o, o)) for o in row.ask]
    if any(o in ("codeSigning", "OCSPSigning") for o in options):
        return None, "has no such purpose"
    options += ["-policy_check"] + ([] if "-policy" in options else ["-policy", "2.5.29.32.0"])     # 6.1.1 (c): not said is any
    code, said = run(folder, *VERIFY, "-CAfile", "trust.pem", *given(folder, "-untrusted", "bag.pem"), "-attime", str(make.seconds(row.at)), *options,
        *(("-CRLfile", "crls.pem", "-crl_check_all", "-extended_crl", "-use_deltas") if row.crls else ()), "leaf.pem")
    return ["yes" if code == 0 else "no"], said

def openssl_status(row, folder):
    if row.kind == "crl":
        code, said = run(folder, *VERIFY, "-CAfile", "first.pem", *given(folder, "-untrusted", "rest.pem"), "-attime", str(make.seconds(row.at)), "-crl_check", "-extended_crl", "-use_deltas",
            "-CRLfile", "crls.pem", "leaf.pem")
        return ["good" if code == 0 else "revoked" if "certificate revoked" in said else "unknown"], said
    md = row.singles[0].get("hash", "sha1") if row.singles else "sha1"
    code, said = run(folder, *then(row, "openssl", "ocsp", "-respin", "ocsp.der", "-no_nonce", "-issuer", "first.pem", "-" + md, "-cert", "leaf.pem", "-CAfile", "first.pem",
        "-no-CApath", "-no-CAstore", "-partial_chain"))
    word = re.search(r"^leaf\.pem: (\w+)", said, re.M)
    right = code == 0 and "Response verify OK" in said and "Status times invalid" not in said
    return [word[1] if right and word else "unknown"], said

def certtool(row, folder):
    """It judges no policies, demands no CRL and knows neither kinds of CRL nor what other RFCs ask of purposes."""
    if row.kind == "ocsp" or any("policy" in o or o == "--require-crl" for o in row.ask) or row.why.startswith("RFC ") or POLICY_STEPS.search(row.why):
        return None, "out of its scope"
    purpose = row.ask[row.ask.index("--purpose") + 1] if "--purpose" in row.ask else "any"
    trust = "trust.pem" if row.kind == "path" else "first.pem"
    code, said = run(folder, *then(row, "certtool", "--verify", "--verify-profile", "medium", "--load-ca-certificate", trust, "--infile", "chain.pem" if row.kind == "path" else "leaf.pem",
        *(("--load-crl", "crls.pem") if row.crls else ()), *(("--verify-purpose", make.PURPOSES[purpose]) if purpose != "any" else ())))
    if row.kind == "path":
        return ["yes" if code == 0 else "no"], said
    return ["revoked" if "revoked" in said else "good"], said

# Comparing.

def agrees(got, want):
    """want may leave the sub-indication out."""
    return got[:len(want)] == want

def judge(row, who, got, problems):
    says = row.differs.get(who)
    if got is None:
        return
    if says is not None and says[0] == "-":
        return
    want = row.want if who == "antin" else [{"later": "no"}.get(row.want[0], row.want[0])]
    if who == "certtool" and row.kind == "crl" and row.want == ["unknown"]:
        want = ["good"]     # it says revoked, or nothing
    if says is not None:
        if agrees(got, want):
            problems.append("%s %s: %s is said to differ and does not" % (row.kind, row.name, who))
        elif got[0] != says[0]:
            problems.append("%s %s: %s says %s, is said to say %s" % (row.kind, row.name, who, " ".join(got), says[0]))
    elif not agrees(got, want):
        problems.append("%s %s: %s says %s, the RFC %s (%s)" % (row.kind, row.name, who, " ".join(got), " ".join(row.want), row.why))

def ask_all(row, antin, top, show):
    folder = os.path.join(top, row.kind + "-" + row.name)
    os.mkdir(folder)
    write_row(row, folder)
    answers = {"antin": (antin_path if row.kind == "path" else antin_status)(antin, row, folder),
        "openssl": (openssl_path if row.kind == "path" else openssl_status)(row, folder), "certtool": certtool(row, folder)}
    problems = []
    for who, (got, said) in answers.items():
        judge(row, who, got, problems)
        if show:
            print("== %s %s: %s: %s\n%s" % (row.kind, row.name, who, got, said))
    return problems

def check_tables(rows):
    problems = []
    for kind, least in AT_LEAST.items():
        of_kind = [r for r in rows if r.kind == kind]
        if len(of_kind) < least:
            problems.append("%d rows of %s: at least %d" % (len(of_kind), kind, least))
        if len({r.name for r in of_kind}) != len(of_kind):
            problems.append("two rows of %s have one name" % kind)
        problems += ["%s: no row for %s" % (kind, step) for step in STEPS[kind] if not any(re.search(r"(?<![\d.])" + re.escape(step) + r"(?![\d(]|\.\d)", r.why) for r in of_kind)]
    problems += ["%s: wants nothing" % r.name for r in rows if not r.want]
    n = sum("antin" in r.differs for r in rows)
    if n > ANTIN_DIFFERS_AT_MOST:
        problems.append("antin differs %d times: at most %d" % (n, ANTIN_DIFFERS_AT_MOST))
    return problems

def main():
    show = sys.argv[3] if len(sys.argv) == 4 and sys.argv[2] == "--show" else None
    rows = [r for t in ("path", "crl", "ocsp") for r in read_rows(os.path.join(HERE, t + ".txt"))]
    problems = [] if show else check_tables(rows)
    top = tempfile.mkdtemp(prefix="antin-paths-")
    with concurrent.futures.ThreadPoolExecutor(max_workers=1 if show else os.cpu_count() + 1) as pool:
        for found in pool.map(lambda r: ask_all(r, os.path.join(os.path.abspath(sys.argv[1]), "bin/antin"), top, show), [r for r in rows if not show or show in r.name]):
            problems += found
    if show:
        print("files: " + top)
    else:
        shutil.rmtree(top)
    for p in problems:
        print("not ok  " + p)
    for kind in AT_LEAST:
        of_kind = [r for r in rows if r.kind == kind]
        print("%s: %d rows; declared differences: %s" % (kind, len(of_kind), ", ".join("%s %d" % (who, sum(who in r.differs and r.differs[who][0] != "-" for r in of_kind)) for who in ("antin", "openssl", "certtool"))))
    return 1 if problems else 0

sys.exit(main())
