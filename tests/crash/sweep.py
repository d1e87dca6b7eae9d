#!/usr/bin/env python3
"""kill -9 at every place of issuance and sealing, in a whole running authority.

usage: sweep.py BUILD [--full] [--only REGEX] [--times]
    BUILD has fault points (preset "check"); --only: kills where "program place" has it

The places are made, not listed: every verb of the register's table, each before
it runs, before and after the commit; every FAULT_POINT and every step that the
sources name; every rename.  The work (jobs, below) is done once undisturbed; a
place that no job reaches fails the test.  Then, one place after the other, the
place is armed in its program (base/fault.h), the job is done as people do it
(who look again and try again), the program dies there, and when all has settled:

  - nothing waits for ever: no certificate reserved, no permit being sealed;
  - every number of a book from its first to its last is a permit's, once;
  - whatever anybody was told that it is done, is done;
  - every digest that a token was asked to sign is one that the register knows
    (explain, below);
  - antin log fsck passes, and the roots of all signed checkpoints are those that
    this program computes from the entries.

Without --full one phase of each verb, each call of a token, the processes that
read and stamp, and each step of publication; with it everything, and renames as
often as a job makes them.
"""
import base64, glob, hashlib, json, mmap, os, re, shutil, signal, sqlite3, struct, subprocess, sys, tempfile, time

TREE = os.path.realpath(os.path.dirname(os.path.abspath(__file__)) + "/../..")
BUILD = os.path.realpath(sys.argv[1])
FULL = "--full" in sys.argv
ONLY = sys.argv[sys.argv.index("--only") + 1] if "--only" in sys.argv else None
STATE = BUILD + "/sweep"
DEADLINE = 40
FREE, KILL, HOLD, KILLED, HELD, LET_GO = range(6)
PHASES = ["", " before-commit", " after-commit"]
FIRST = 245                          # number of the book
KEYS_A_TOKEN = 40
failures = []
T0 = time.time()


def say(*words):
    print(*words, flush=True)


def not_ok(what):
    failures.append(what)
    say("not ok", what)


class Page:
    """base/fault.c's page."""
    SLOT = struct.Struct("<IIQQ48s96s")
    SLOTS, TEXT_AT, SIZE = 8, 4096, 64 << 20

    def __init__(self, path):
        with open(path, "wb") as f:
            f.truncate(self.SIZE)
        os.chmod(path, 0o666)
        self.file = open(path, "r+b")
        self.map = mmap.mmap(self.file.fileno(), self.SIZE)

    def clear(self):
        for i in range(self.SLOTS):
            struct.pack_into("<I", self.map, i * self.SLOT.size, FREE)

    def arm(self, i, program, point, n=1, how=KILL):
        self.SLOT.pack_into(self.map, i * self.SLOT.size, FREE, 0, 0, n, program.encode(), point.encode())
        struct.pack_into("<I", self.map, i * self.SLOT.size, how)

    def state(self, i):
        return struct.unpack_from("<II", self.map, i * self.SLOT.size)

    def let_go(self, i):
        struct.pack_into("<I", self.map, i * self.SLOT.size, LET_GO)

    def mark(self):
        return struct.unpack_from("<Q", self.map, self.SLOTS * self.SLOT.size)[0]

    def lines(self, since):
        text = self.map[self.TEXT_AT + since:self.TEXT_AT + self.mark()]
        for line in text.split(b"\n"):
            if line and b"\0" not in line:
                program, point, octets = line.decode().split("\t")
                if program != "antin":       # the programs that people run
                    yield program, point, octets


def policy():
    """The policy, with a kind that two officers sign, and officials' certificates may be renewed
    from their first day: they would live for thirty years, end with their issuer in ten, and are
    in their second half."""
    folder = STATE + ".policy"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(TREE + "/policy", folder)
    shutil.copy(TREE + "/tests/data/well.xml", folder + "/kinds")
    with open(folder + "/profiles/official.xml") as f:
        text = f.read()
    with open(folder + "/profiles/official.xml", "w") as f:
        f.write(text.replace('years="3"', 'years="30"').replace('renew-days="90"', 'renew-days="5000"'))
    return folder


class Shell:
    """tests/world.sh, kept at hand."""

    def __init__(self):
        self.p = subprocess.Popen(["bash"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=TREE)
        self.out, self.err = STATE + ".out", STATE + ".err"
        self.run(f". tests/world.sh; policy_folder='{policy()}'; world_init '{STATE}' '{BUILD}'", here=True)

    def run(self, command, here=False):
        """(done?, output); here: in this shell, so that what it sets stays."""
        a, b = ("{", "; }") if here else ("(", ")")
        self.p.stdin.write(f"{a} {command} {b} >'{self.out}' 2>'{self.err}' </dev/null; echo \"@@ $?\"\n")
        self.p.stdin.flush()
        line = self.p.stdout.readline()
        if not line.startswith("@@ "):
            raise SystemExit(f"the shell ended at: {command}\n{open(self.err).read()}")
        return line.strip() == "@@ 0", open(self.out).read()

    def must(self, command, here=False):
        done, out = self.run(command, here)
        if not done:
            raise SystemExit(f"failed: {command}\n{open(self.err).read()}\n{log_end()}")
        return out


def log_end():
    return "\n".join(open(STATE + "/log/antin.log").read().splitlines()[-25:]) if os.path.exists(STATE + "/log/antin.log") else ""


def db(sql, *args):
    c = sqlite3.connect(f"file:{STATE}/register/register.db?mode=ro", uri=True, timeout=20)
    try:
        return c.execute(sql, args).fetchall()
    finally:
        c.close()


def one(sql, *args):
    rows = db(sql, *args)
    return rows[0][0] if rows else None


class NotInTime(Exception):
    pass


def until(what, goal, act=None, deadline=DEADLINE):
    """Looks, acts, looks again; as people do who got no answer."""
    end = time.time() + deadline
    while not goal():
        if time.time() > end:
            raise NotInTime(f"{what} ({open(STATE + '.err').read().strip()})")
        if act is None or not act():
            time.sleep(0.05)


#
# What is done, and what is then known to be done.
#

CHANGED = "FROM permit_change WHERE handle = ?"


class Work:
    def __init__(self, shell, page):
        self.shell, self.page, self.serial, self.keys, self.up = shell, page, 0, 0, 0
        self.told = []               # (what, query, argument): acknowledged, so it must be there

    def told_of(self, what, sql, *args):
        self.told.append((what, sql, args))

    def order(self, token, person, verb, subject, reason="Thử nghiệm", more=None):
        with_ = f" --with '{json.dumps(more, ensure_ascii=False)}'" if more else ""
        return self.shell.run(f"order_by {token} {person} {verb} {subject} --reason '{reason}'{with_}")

    # -- certificates

    def request(self):
        self.serial += 1
        if self.keys % KEYS_A_TOKEN == 0:
            self.spare = f"spare{self.keys}"
            self.shell.must(f"make_token desk $state/desk {self.spare}")
        self.keys += 1
        person, found = f"CB-2{self.serial:05}", []

        def ask():
            done, out = self.shell.run(f"desk enrol --token {self.spare} --pin-file '{STATE}/desk/{self.spare}.pin' --label k{self.serial} --api $api --profile official "
                                       f"--agency H99 --person {person} --name 'Người Thử {self.serial}' --title 'Chuyên viên'")
            if done:
                found.append(out.strip())
                self.told_of("a request", "SELECT 1 FROM request WHERE id = ?", bytes.fromhex(found[0]))
            return done

        until(f"the request of {person}", lambda: found, ask)
        return found[0], person

    def approve(self, request):
        def ask():
            if one("SELECT state FROM request WHERE id = ?", bytes.fromhex(request)) != "pending":
                return False         # it is being issued, or waits to be voided
            done, out = self.order("approver", "CB-000001", "cert.approve", request)
            if done:
                for c in json.loads(out)["certificates"]:
                    pem = subprocess.run(["openssl", "x509", "-outform", "DER"], input=c["pem"].encode(), capture_output=True, check=True).stdout
                    self.told_of("a certificate", "SELECT 1 FROM certificate WHERE serial = ? AND der = ?", bytes.fromhex(c["serial"]), pem)
            return done

        active = "SELECT serial FROM certificate WHERE request = ? AND state = 'active'"
        until(f"a certificate for {request}", lambda: one(active, bytes.fromhex(request)), ask)
        return one(active, bytes.fromhex(request))

    def certificates(self):
        request, person = self.request()
        serial = self.approve(request)
        refused, _ = self.request()

        def reject():
            return self.order("approver", "CB-000001", "cert.reject", refused)[0]

        def revoke():
            done, _ = self.order("approver", "CB-000001", "cert.revoke", serial.hex())
            if done:
                self.told_of("a revocation", "SELECT 1 FROM certificate WHERE serial = ? AND state = 'revoked'", serial)
            return done

        def suspend():
            done, _ = self.order("approver", "CB-000001", "cert.suspend", serial.hex())
            if done:
                self.told_of("a suspension", "SELECT 1 FROM certificate_hold WHERE serial = ?", serial)
            return done

        def resume():
            done, _ = self.order("approver", "CB-000001", "cert.resume", serial.hex())
            if done:
                self.told_of("its end", "SELECT 1 FROM certificate_hold WHERE serial = ? AND ended_entry IS NOT NULL", serial)
            return done

        key = hashlib.sha256(b"key %d" % self.serial).digest()

        def wait(name):              # it takes two people: the first signature
            done, out = self.shell.run(f"order_by security CB-000002 key.block {name.hex()} --reason 'Thử nghiệm' --with '{{}}' --minutes 60")
            if not done:
                return None
            order = json.loads(out)["waits"]["id"]
            self.told_of("an order that waits", "SELECT 1 FROM order_waiting WHERE id = ?", bytes.fromhex(order))
            return order

        def block():
            order = wait(key)
            if order is None:
                return False
            done, _ = self.order("approver", "CB-000001", "order.consent", order)
            if done:
                self.told_of("a blocked key", "SELECT 1 FROM key_blocked WHERE key_id = ?", key)
            return done

        withdrawn = "SELECT count(*) FROM order_waiting WHERE outcome = 'withdrawn'"
        before = one(withdrawn)

        def withdraw():
            order = wait(hashlib.sha256(b"another key %d" % self.serial).digest())
            if order is None:
                return False
            done, _ = self.order("security", "CB-000002", "order.withdraw", order)
            if done:
                self.told_of("a withdrawn order", "SELECT 1 FROM order_waiting WHERE id = ? AND outcome = 'withdrawn'", bytes.fromhex(order))
            return done

        def modify():
            """A new certificate on the same key, and the old one ends: both or neither."""
            done, out = self.order("approver", "CB-000001", "cert.modify", serial.hex(), more={"changes": [{"title": "Chuyên viên chính"}]})
            if done:
                new = json.loads(out)["results"][0]["serial"]
                self.told_of("a change", "SELECT 1 FROM certificate WHERE serial = ? AND state IN ('active', 'revoked')", bytes.fromhex(new))
            return done

        def renew():
            """In its last days, which the policy of this city lets begin on its first."""
            done, out = self.order("approver", "CB-000001", "cert.renew", changed().hex())
            if done:
                new = json.loads(out)["results"][0]["serial"]
                self.told_of("a renewal", "SELECT 1 FROM certificate WHERE serial = ? AND state = 'active'", bytes.fromhex(new))
            return done

        def changed():
            return one("SELECT serial FROM certificate WHERE person = ? AND state = 'active' AND serial <> ? ORDER BY entry", person, serial)

        until("the suspension", lambda: one("SELECT 1 FROM certificate_hold WHERE serial = ?", serial), suspend)
        until("its end", lambda: one("SELECT state FROM certificate WHERE serial = ?", serial) == "active", resume)
        until("the blocked key", lambda: one("SELECT 1 FROM key_blocked WHERE key_id = ?", key), block)
        until("an order's withdrawal", lambda: one(withdrawn) > before, withdraw)
        until("the refusal of a request", lambda: one("SELECT state FROM request WHERE id = ?", bytes.fromhex(refused)) == "rejected", reject)
        until("the change", lambda: changed() is not None and one("SELECT state FROM certificate WHERE serial = ?", serial) == "revoked", modify)
        until("the renewal", lambda: one("SELECT count(*) FROM certificate WHERE person = ? AND state = 'active'", person) == 2, renew)
        serial = changed()
        until("the revocation", lambda: one("SELECT state FROM certificate WHERE serial = ?", serial) == "revoked", revoke)
        until("the revocation on the published CRL", lambda: serial in open(STATE + "/public/crl/0.crl", "rb").read())

    # -- the root's CRL

    def root_crl(self):
        """What the yearly ceremony made, published by an order of two people."""
        path = self.shell.must("root_crl=$state/public/crl/root.crl; world_root_crl; echo $root_crl").strip()
        der = open(path, "rb").read()
        recorded = "SELECT 1 FROM policy_adopted WHERE what = 'root-crl' AND hash = ?", hashlib.sha256(der).digest()

        def publish():
            done, out = self.shell.run(f"root_crl='{path}'; root_crl_order")
            if not done:
                return False
            done, _ = self.order("third", "CB-000003", "order.consent", out.strip())
            if done:
                self.told_of("the root's CRL", *recorded)
            return done

        until("the root's CRL", lambda: one(*recorded), publish)
        until("the root's CRL in public", lambda: open(STATE + "/public/crl/root.crl", "rb").read() == der)

    # -- people, programs, books

    def people(self):
        self.serial += 1
        decision, person = f"{self.serial}/QĐ-TN", f"CB-3{self.serial:05}"
        program, book = hashlib.sha256(b"program %d" % self.serial).hexdigest(), 2100 + self.serial
        row = "SELECT id FROM appointment WHERE decision = ?"

        def appoint():
            done, _ = self.order("approver", "CB-000001", "person.appoint", person, more={"person": person, "role": "officer", "agency": "H99",
                                 "title": "Chuyên viên", "mode": "", "kinds": ["*"], "from": "2026-01-01", "decision": decision})
            if done:
                self.told_of("an appointment", "SELECT 1 FROM appointment WHERE decision = ?", decision)
            return done

        def end():
            done, out = self.shell.run(f"curl -sS -d '{{\"what\":\"appointments\",\"person\":\"{person}\"}}' -H 'Content-Type: application/json' "
                                       "-H \"Authorization: Bearer $(cat $state/desk/program.key)\" $api/v1/list/ca")
            try:
                item = json.loads(out)["items"][0]
            except (ValueError, KeyError, IndexError):
                return False
            done, _ = self.order("approver", "CB-000001", "person.end", item["id"] + ":" + item["hash"])
            if done:
                self.told_of("the end of an appointment", "SELECT 1 FROM appointment WHERE decision = ? AND ended_day IS NOT NULL", decision)
            return done

        def register():
            done, _ = self.order("security", "CB-000002", "program.register", program, more={"name": "Chương trình thử", "agencies": ["H99"], "kinds": ["*"], "rights": ["submit"],
                                 "responsible": "CB-000002", "expires": "2036-01-01T00:00:00Z"})
            if done:
                self.told_of("a program", "SELECT 1 FROM program WHERE id = ?", bytes.fromhex(program))
            return done

        token = f"TK-{self.serial}"

        def register_token():
            done, _ = self.order("approver", "CB-000001", "token.register", token, more={"model": "Thẻ thử", "person": person, "agency": "H99", "state": "held"})
            if done:
                self.told_of("a token", "SELECT 1 FROM token WHERE serial = ?", token)
            return done

        def open_book():
            done, _ = self.order("clerk", "CB-000012", "permit.open-book", "H99.31.07", more={"book": "GPXD", "year": book, "next": 7})
            if done:
                self.told_of("a book", "SELECT 1 FROM book WHERE year = ? AND next = 7", book)
            return done

        ordered = "SELECT coalesce(max(entry), -1) FROM order_accepted WHERE verb = 'authority.publish'"
        before = one(ordered)

        def publish():
            done, _ = self.order("security", "CB-000002", "authority.publish", "H99", more={"what": ["crl", "ocsp"]})
            if done:
                self.told_of("an order to publish", "SELECT 1 FROM order_accepted WHERE verb = 'authority.publish' AND entry > ?", before)
            return done

        until("the order to publish", lambda: one(ordered) > before, publish)
        until("the CRL and the responses that were ordered", lambda: one("SELECT 1 FROM crl WHERE der IS NOT NULL AND entry > ?", one(ordered)) and
              one("SELECT 1 FROM ocsp WHERE follows IS NULL AND signed <> 0 AND size > ?", one(ordered)))
        until("the appointment", lambda: one(row, decision), appoint)
        until("the appointment's end", lambda: db(row + " AND ended_day IS NOT NULL", decision), end)
        until("the program", lambda: one("SELECT 1 FROM program WHERE id = ?", bytes.fromhex(program)), register)
        until("the token", lambda: one("SELECT 1 FROM token WHERE serial = ?", token), register_token)
        until("the book", lambda: one("SELECT 1 FROM book WHERE year = ?", book), open_book)

    # -- permits

    def submit(self, sample, amends=None):
        self.serial += 1
        key = f"sweep-{self.serial}"
        permit = next(p for p in json.load(open(TREE + "/tests/data/permits.json"))["permits"] if p["id"] == sample)
        if sample.startswith("vpdd"):
            permit["so_ky_hieu"] = f"98-{self.serial:05}-01"    # its number is given
        if sample.startswith("gpxd"):
            permit["cong_trinh"]["thua_dat"] = [f"26734/1/{self.serial}", f"26734/2/{self.serial}"]
        if amends:
            permit["amends"] = amends
        return self.hand_in(permit, key)

    def hand_in(self, permit, key):
        found = []
        with open(STATE + "/one.json", "w") as f:
            json.dump(permit, f, ensure_ascii=False)

        def ask():
            done, out = self.shell.run(f"$antin permit submit '{STATE}/one.json' --key {key} --api $api --api-key-file '{STATE}/desk/program.key'")
            if done:
                found.append(out.strip())
                self.told_of("a submission", "SELECT 1 FROM permit WHERE handle = ?", bytes.fromhex(out.strip()))
            return done

        until("the submission", lambda: found, ask)
        if len(set(r[0] for r in db("SELECT handle FROM submission WHERE key = ?", key))) != 1:
            not_ok(f"one submission became several drafts ({key})")
        return found[0]

    def state_of(self, handle):
        return one("SELECT state FROM permit WHERE handle = ?", bytes.fromhex(handle))

    def waiting(self, handles, state):
        return [h for h in handles if self.state_of(h) == state]

    def sign(self, handles):
        def ask():
            return self.shell.run("sign " + " ".join(self.waiting(handles, "draft")))[0]

        until("the officer's signatures", lambda: not self.waiting(handles, "draft"), ask)

    def seal(self, handles):
        def ask():
            ready = self.waiting(handles, "signed")
            if not ready:
                return False         # reserved: it must follow by itself
            done, out = self.shell.run("seal " + " ".join(ready))
            if done:
                for r in json.loads(out)["results"]:
                    reserved = one("SELECT number FROM permit WHERE handle = ?", bytes.fromhex(r["handle"]))
                    self.told_of("a number", "SELECT 1 FROM permit WHERE handle = ? AND number = ?", bytes.fromhex(r["handle"]), reserved)
                    if r["done"]:
                        sealed = one("SELECT sealed FROM permit WHERE handle = ?", bytes.fromhex(r["handle"]))
                        self.told_of("a seal", "SELECT 1 FROM permit WHERE handle = ? AND state = 'issued' AND sealed = ?", bytes.fromhex(r["handle"]), sealed)
            return done

        until("the seals", lambda: all(self.state_of(h) == "issued" for h in handles), ask)

    def sign_first(self, handle):
        """The first of two officers: a draft still, with one signature."""
        signed = "SELECT 1 FROM permit WHERE handle = ? AND officers IS NOT NULL"
        until("the first officer's signature", lambda: one(signed, bytes.fromhex(handle)), lambda: self.shell.run(f"sign_by head CB-000013 {handle}")[0])
        self.told_of("a first signature", "SELECT 1 FROM permit WHERE handle = ? AND officers IS NOT NULL", bytes.fromhex(handle))

    def permits(self):
        self.serial += 1
        with open(TREE + "/tests/data/well.json") as f:
            two = self.hand_in(json.load(f), f"well-{self.serial}")
        handles = [self.submit("gpxd-01"), self.submit("vpdd-02")]
        self.sign_first(two)
        self.sign(handles + [two])
        self.seal(handles + [two])
        if db("SELECT (SELECT count(*) FROM permit_turn t WHERE t.handle = p.handle) FROM permit p WHERE handle = ?", bytes.fromhex(two)) != [(1,)]:
            not_ok("two officers signed, and not each once")

        self.changes(*handles)
        self.amend(handles[0])
        answers = []

        def judge():
            done, out = self.shell.run(f"$antin permit get {handles[0]} --api $api --api-key-file $state/desk/program.key --out '{STATE}/one.xml' && curl -sSf --data-binary @'{STATE}/one.xml' "
                                       "-H 'Content-Type: application/octet-stream' $api/v1/verify")
            if done:
                answers.append(out)
            return done

        until("the judgement", lambda: answers, judge)
        if "TOTAL-PASSED" not in answers[0]:
            not_ok("a sealed permit is judged otherwise than passed: " + answers[0][:300])

    def changes(self, first, second):
        """What becomes of two permits after their issue: every act that the register has a verb for."""
        noted = lambda: {"lifts": one(f"SELECT entry {CHANGED} AND act = 12", bytes.fromhex(first))}
        for handle, verb, act, decision, more in (
                (second, "withdraw", 1, "512/QĐ-SCT", {}), (second, "restore", 5, "515/QĐ-SCT", {}),
                (first, "suspend", 2, "513/QĐ-SCT", {"until": "2027-12-31"}), (first, "resume", 0, "514/QĐ-SCT", {}),
                (first, "annotate", 12, "516/QĐ-SCT", {"note": "Đổi tên đường"}), (first, "annotate", 13, "517/QĐ-SCT", noted),
                (first, "annotate", 12, "519/QĐ-SCT", {"note": "Kê biên"}), (second, "void", 4, "518/QĐ-SCT", {})):
            row = f"SELECT 1 {CHANGED} AND act = {act} AND decision = '{decision}'"

            def ask():
                done, _ = self.order("clerk", "CB-000012", "permit." + verb, handle, more={"decision": decision, **(more() if callable(more) else more)})
                if done:
                    self.told_of(f"act {act}", row, bytes.fromhex(handle))
                return done

            until(f"act {act}", lambda: one(row, bytes.fromhex(handle)), ask)

    def amend(self, handle):
        """A newer version: where it is issued the one before is superseded, and nowhere else."""
        newer = [self.submit("gpxd-01", amends=handle)]
        self.sign(newer)
        self.seal(newer)
        rows = db("SELECT o.number = n.number, n.version, c.entry - n.issued_entry, (SELECT count(*) FROM permit_change x WHERE x.handle = n.handle AND x.act = 12) FROM permit n "
                  "JOIN permit o ON o.handle = n.amends JOIN permit_change c ON c.handle = o.handle AND c.act = 3 AND c.other = n.handle WHERE n.handle = ?", bytes.fromhex(newer[0]))
        if rows != [(1, 2, 1, 1)]:
            not_ok(f"an amendment: same number, version, entries apart, notes: {rows}")

    def renewals(self):
        """The time stamps get another certificate, and every permit so far an archive time
        stamp."""
        self.serial += 1
        handles = [self.submit("gpxd-01")]
        self.sign(handles)
        self.seal(handles)
        found = []

        def ask():
            done, out = self.shell.run(f"office enrol --token tsa --pin-file $state/pins/tsa.pin --label tsa-{self.serial} --api $api --profile tsa --agency H99 "
                                       f"--name 'Dấu thời gian {self.serial} THỬ NGHIỆM' && world_handed_over")
            if done:
                found.append(out.strip())
            return done

        until("the request of the time stamps", lambda: found, ask)
        time.sleep(1)                # certificates count in seconds
        self.approve(found[0])
        renewed = {h: n for h, n in db("SELECT handle, count(*) FROM permit_renewal GROUP BY handle")}
        for program in ("antin-hsm-tsa", "antin-tsa", "antin-signer"):
            os.kill(self.pid_of(program), signal.SIGKILL)
            until(f"{program} again", lambda: all_ready(self.page))
        more = "SELECT p.handle, (SELECT count(*) FROM permit_renewal r WHERE r.handle = p.handle) FROM permit p WHERE issued_entry IS NOT NULL"
        until("the archive time stamps", lambda: all(n == renewed.get(h, 0) + 1 for h, n in db(more)))
        if db("SELECT 1 FROM permit p JOIN permit_renewal r ON r.handle = p.handle WHERE r.n = (SELECT max(n) FROM permit_renewal x WHERE x.handle = p.handle) AND r.until <> p.proven_until"):
            not_ok("a permit is proven until another time than its newest copy says")

    def reaffirmations(self):
        """An officer of his own day: he signs, his key is said to have been lost an hour before,
        and the agency reaffirms what he signed: one reservation, one copy, one act."""
        request, person = self.request()
        serial = self.approve(request)
        handle, since = self.submit("gpxd-01"), time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 3600))
        until("the officer's certificate", lambda: self.shell.run(f"certificate_of {person}")[0])
        until("his appointment", lambda: one("SELECT 1 FROM appointment WHERE person = ?", person), lambda: self.shell.run(f"appoint {person} officer H99 'Chuyên viên' KT.")[0])
        until("his signature", lambda: self.state_of(handle) != "draft", lambda: self.shell.run(f"sign_by {self.spare} {person} {handle}")[0])
        self.seal([handle])
        time.sleep(1)                # what was signed in the second of the revocation is not known to be older

        def revoke():
            done, _ = self.order("approver", "CB-000001", "cert.revoke", serial.hex(), more={"code": "keyCompromise", "invalidity": since})
            if done:
                self.told_of("a lost key", "SELECT 1 FROM certificate WHERE serial = ? AND state = 'revoked' AND reason = 1", serial)
            return done

        row = "SELECT 1 FROM permit_reaffirmation WHERE handle = ?"

        def reaffirm():
            if one(row, bytes.fromhex(handle)):
                return False         # reserved: it must follow by itself
            today = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 7 * 3600))
            done, _ = self.order("clerk", "CB-000012", "permit.reaffirm", handle, more={"decision": "520/QĐ-UBND", "decided": today})
            if done:
                self.told_of("a reaffirmation", row, bytes.fromhex(handle))
            return done

        until("the loss of his key", lambda: one("SELECT state FROM certificate WHERE serial = ?", serial) == "revoked", revoke)
        until("the loss on the newest CRL", lambda: serial in (one("SELECT der FROM crl ORDER BY number DESC LIMIT 1") or b""))
        until("the reaffirmation", lambda: one(row + " AND made_entry IS NOT NULL", bytes.fromhex(handle)), reaffirm)
        rows = db("SELECT (SELECT count(*) FROM permit_change c WHERE c.handle = f.handle AND c.act = 14 AND c.entry = f.made_entry), (SELECT count(*) FROM permit_renewal r WHERE r.handle = f.handle), "
                  "f.base = p.sha256, (SELECT r.entry FROM permit_renewal r WHERE r.handle = f.handle) = f.made_entry FROM permit_reaffirmation f JOIN permit p ON p.handle = f.handle WHERE f.handle = ?", bytes.fromhex(handle))
        if rows != [(1, 1, 1, 1)]:
            not_ok(f"a reaffirmation: one act, one copy of what was issued: {rows}")

    def erasures(self):
        handles = [self.submit("gpxd-01"), self.submit("gpxd-01")]
        self.sign(handles[1:])
        # What was acknowledged may be gone from now on.
        self.told = [t for t in self.told if not (t[0] == "a submission" and t[2][0].hex() in handles)]

        def give_back():
            done, _ = self.order("clerk", "CB-000012", "permit.return", handles[1], reason="Thiếu bản vẽ")
            if done:
                self.told_of("a return", "SELECT 1 FROM log_subject WHERE handle = ?", bytes.fromhex(handles[1]))
            return done

        until("the return", lambda: self.state_of(handles[1]) == "void", give_back)

        def erase():
            for h in self.waiting(handles, "draft") + self.waiting(handles, "signed") + self.waiting(handles, "void"):
                content, officers = db("SELECT content, officers FROM permit WHERE handle = ?", bytes.fromhex(h))[0]
                what = h if officers else h + ":" + hashlib.sha256(content).hexdigest()
                done, _ = self.order("security", "CB-000002", "permit.erase", what, more={"decision": "07/QĐ-TN"})
                if done:
                    self.told_of("an erasure", "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM permit WHERE handle = ?)", bytes.fromhex(h))
            return not any(self.state_of(h) for h in handles)

        until("the erasures", lambda: not any(self.state_of(h) for h in handles), erase)

    # -- dossiers

    def dossiers(self):
        """Four events of one dossier, sent until the last is recorded: each is one entry."""
        self.serial += 1
        code = f"H99.31.07-251026-{self.serial:04}"
        steps = [("received", {"due": "2025-11-05", "kind": "construction"}), ("paused", {"reason": "Chờ bản vẽ"}), ("resumed", {"due": "2025-11-09"}), ("done", {})]
        with open(STATE + "/events.jsonl", "w") as f:
            for i, (step, more) in enumerate(steps):
                f.write(json.dumps({"dossier": code, "step": step, "day": f"2025-10-{26 + i}", **more}) + "\n")

        def ask():
            done, out = self.shell.run(f"$antin dossier report '{STATE}/events.jsonl' --json --api $api --api-key-file '{STATE}/desk/program.key'")
            try:
                results = json.loads(out)["results"]
            except (ValueError, KeyError):
                return False
            for r in results:
                if r.get("done"):
                    self.told_of("a dossier's event", "SELECT 1 FROM dossier_event WHERE entry = ?", r["entry"])
            return done

        until("the dossier", lambda: one("SELECT step FROM dossier WHERE code = ?", code) == "done", ask)
        handle, last = db("SELECT handle, last FROM dossier JOIN log_subject USING (handle) WHERE code = ?", code)[0]
        entries = [e for (e,) in db("SELECT entry FROM dossier_step WHERE handle = ? ORDER BY n", handle)]
        events = db("SELECT count(*) FROM log_entry WHERE instr(entry, ?)", handle)[0][0]
        if len(entries) != 4 or events != 4 or entries[-1] != last:
            not_ok(f"a dossier's four events are {events} entries")

    # -- processes from outside

    def pid_of(self, program):
        for path in glob.glob("/proc/[0-9]*/cmdline"):
            try:
                words = open(path).read().split("\0")
                parent = int(open(os.path.dirname(path) + "/stat").read().rsplit(")", 1)[1].split()[1])
            except OSError:
                continue
            if parent == self.up and "--section" in words and words[words.index("--section") + 1] == program:
                return int(path.split("/")[2])
        return None

    def restarts(self):
        """Each daemon is killed from outside while nothing is asked of it."""
        for program in processes():
            pid = self.pid_of(program)
            os.kill(pid, signal.SIGKILL)
            until(f"{program} again", lambda: self.pid_of(program) not in (None, pid))
            settle(self.shell, self.page)


def processes():
    return re.search(r"^processes = (.*)$", open(STATE + "/antin.conf").read(), re.M).group(1).split()


#
# Settling.
#

def all_ready(page):
    """What died is reaped, and of each process the last thing said is that it is ready."""
    if any(page.state(i)[0] == KILLED and os.path.exists(f"/proc/{page.state(i)[1]}") for i in range(page.SLOTS)):
        return False
    log = open(STATE + "/log/antin.log").read()
    log = log[log.rindex("antin up: begun"):]
    return all(log.rfind(f" {p} is ready") > max(log.rfind(f" {p} was ended by"), log.rfind(f" {p} ended with")) for p in processes())


def published():
    try:
        size = int(open(STATE + "/public/checkpoint").read().split("\n")[1])
        newest = dict(db("SELECT path, body FROM publication"))
        return size == one("SELECT size FROM log_head") and all(open(f"{STATE}/public/{p}", "rb").read() == b for p, b in newest.items())
    except OSError:
        return False


def nothing_waits():
    return not db("SELECT 1 FROM certificate WHERE state = 'reserved' UNION SELECT 1 FROM permit WHERE state = 'sealing' UNION SELECT 1 FROM permit_reaffirmation WHERE made_entry IS NULL UNION "
                  "SELECT 1 WHERE EXISTS (SELECT 1 FROM crl) AND (SELECT der FROM crl ORDER BY number DESC) IS NULL UNION "
                  "SELECT 1 WHERE (SELECT cwt FROM status_list ORDER BY number DESC) IS NULL")


def lists_are_current():
    """What was revoked or voided is on the newest CRL; the newest status list is younger than what it tells."""
    crl = one("SELECT der FROM crl ORDER BY number DESC LIMIT 1") or b""
    told = one("SELECT max(coalesce(max(issued_entry), -1), (SELECT coalesce(max(entry), -1) FROM permit_change WHERE act <> 20)) FROM permit")
    answered = one("SELECT size FROM ocsp WHERE number = (SELECT max(number) FROM ocsp) AND signed <> 0")
    changed = one("SELECT max(max(coalesce(issued_entry, 0), coalesce(ended_entry, 0))) FROM certificate")
    return (all(s[0] in crl for s in db("SELECT serial FROM certificate WHERE state IN ('revoked', 'void')")) and
            answered is not None and changed < answered and
            told < one("SELECT coalesce(max(entry), 0) FROM status_list"))


def settle(shell, page):
    until("every process is ready again", lambda: all_ready(page))
    until("nothing waits to be issued, sealed or signed", nothing_waits)
    until("CRL and status list have what was revoked, voided, withdrawn", lists_are_current)
    until("the register is published", published)


#
# What must hold.
#

def check_numbers(name):
    for agency, book, year, following in db("SELECT agency, book, year, next FROM book"):
        used = sorted(int(n.split("/")[0]) for n, in db("SELECT number FROM number_used WHERE agency = ? AND scope = ? AND year = ? AND version = 1", agency, book, year))
        if used != list(range(following - len(used), following)):
            not_ok(f"{name}: numbers of {agency} {book} {year} are not each used once: {used[-5:]}, next {following}")
        if used and used[0] != FIRST:
            not_ok(f"{name}: the book {agency} {book} begins with {used[0]}")
    for number, handle in db("SELECT n.number, n.handle FROM number_used n LEFT JOIN permit p ON p.handle = n.handle WHERE p.number IS NOT n.number OR p.state <> 'issued'"):
        not_ok(f"{name}: number {number} belongs to no issued permit")
    places = [r[0] for r in db("SELECT idx FROM permit WHERE idx IS NOT NULL ORDER BY idx")]
    if places != list(range(len(places))):
        not_ok(f"{name}: places in the status list are not each used once")
    for number, sealed in db("SELECT number, sealed FROM permit WHERE state = 'issued'"):
        if sealed.count(f"<number>{number}</number>".encode()) != 1:
            not_ok(f"{name}: the sealed permit does not say its number {number}")


def check_parcels(name):
    """Who is issued is found by each parcel that it names, by its issue's entry, and nobody else is."""
    named = sorted((p, entry, handle) for parcels, entry, handle in db("SELECT parcels, issued_entry, handle FROM permit WHERE state = 'issued' AND parcels IS NOT NULL") for p in parcels.split(" "))
    if named != sorted(db("SELECT parcel, entry, handle FROM permit_parcel")):
        not_ok(f"{name}: the index of parcels is not that of the issued permits")


def seal_digest(sealed, name=b"seal"):
    at = sealed.rindex(b' Id="' + name + b'"><ds:SignedInfo>')
    info = sealed[sealed.index(b"<ds:SignedInfo>", at):sealed.index(b"</ds:SignedInfo>", at) + 16]
    return hashlib.sha256(info.replace(b"<ds:SignedInfo>", b'<ds:SignedInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#">', 1)).hexdigest()


def sha(b):
    return hashlib.sha256(b).hexdigest()


class Explainer:
    """Every digest that a token was asked to sign, and whence the register knows it.

    issuing: the TBS of a reserved, issued or void certificate, or of a CRL; an
      OCSP response's, made again from the log for each recorded batch.
    seal: the SignedInfo of an issued permit's seal, or of what reaffirms a copy of it.
    service: a status list's octets; else a ticket, of which there are not more
      than sessions that the register had taken before.
    tsa: not more than serial numbers that antin-tsa was about to sign, each of
      which is in a recorded batch.
    log: a checkpoint whose size and root are those of the entries.
    """

    def __init__(self, page):
        self.page, self.seen, self.asked, self.allowed = page, 0, {}, {}
        self.roots, self.edge, self.size, self.explained = {}, [], 0, 0
        self.responses, self.batch = set(), 0

    def add_entries(self):
        for (entry,) in db("SELECT entry FROM log_entry WHERE idx >= ? ORDER BY idx", self.size):
            node, n = hashlib.sha256(b"\0" + entry).digest(), self.size
            while n & 1:
                node = hashlib.sha256(b"\1" + self.edge.pop() + node).digest()
                n >>= 1
            self.edge.append(node)
            self.size += 1
            root = self.edge[-1]
            for left in reversed(self.edge[:-1]):
                root = hashlib.sha256(b"\1" + left + root).digest()
            self.roots[self.size] = root

    def add_batches(self, name):
        """antin report: what each recorded batch of OCSP responses has signed, signed or not."""
        for number, entry, follows, serial in db("SELECT number, entry, follows, responder FROM ocsp WHERE number > ? ORDER BY number", self.batch):
            with open(STATE + "/responder.crt", "wb") as f:
                f.write(one("SELECT der FROM certificate WHERE serial = ?", serial))
            done = subprocess.run([BUILD + "/bin/antin", "report", "ocsp" if follows is None else "ocsp-delta", "--tiles", STATE + "/public", "--size", str(entry + 1),
                                   "--issuer", STATE + "/ceremony/issuing.crt", "--responder", STATE + "/responder.crt"], capture_output=True)
            if done.returncode != 0:
                not_ok(f"{name}: the OCSP responses of batch {number} do not follow from the log: {done.stderr.decode()}")
            at, octets = 0, done.stdout
            while at < len(octets):  # one SEQUENCE after the other
                more = octets[at + 1] & 0x7f if octets[at + 1] > 0x80 else 0
                end = at + 2 + more + (int.from_bytes(octets[at + 2:at + 2 + more], "big") if more else octets[at + 1])
                self.responses.add(sha(octets[at:end]))
                at = end
            self.batch = number

    def check(self, name):
        lines = list(self.page.lines(self.seen))
        self.seen = self.page.mark()
        self.add_entries()
        self.add_batches(name)
        known = {
            "antin-hsm-issuing": {sha(t) for (t,) in db("SELECT tbs FROM certificate UNION ALL SELECT tbs FROM crl")} | self.responses,
            "antin-hsm-seal": {seal_digest(s) for (s,) in db("SELECT sealed FROM permit WHERE sealed IS NOT NULL")} |
                              {seal_digest(s, b"reaffirm") for (s,) in db("SELECT sealed FROM permit_renewal r JOIN permit_reaffirmation f ON f.made_entry = r.entry")},
            "antin-hsm-service": {sha(t) for (t,) in db("SELECT tbs FROM status_list")},
        }
        batches = b"".join(b for (b,) in db("SELECT body FROM stamp_batch"))
        for program, point, octets in lines:
            kind = {"session.put after-commit": "antin-hsm-service", "!stamp": "antin-hsm-tsa"}.get(point)
            if kind:
                self.allowed[kind] = self.allowed.get(kind, 0) + 1
            if point == "!stamp" and bytes.fromhex(octets) not in batches:
                not_ok(f"{name}: the time stamp {octets} is in no batch")
            if point == "!checkpoint":
                _, size, root, _ = bytes.fromhex(octets).decode().split("\n", 3)
                if self.roots.get(int(size)) != base64.b64decode(root):
                    not_ok(f"{name}: a checkpoint of size {size} was signed whose root is not that of the entries")
            if point != "!sign":
                continue
            explained = octets in known.get(program, ())
            if not explained and program in self.allowed:
                # Asked again when the answer was lost: one digest all the same.
                self.asked.setdefault(program, set()).add(octets)
                explained = len(self.asked[program]) <= self.allowed[program]
            self.explained += explained
            if not explained:
                not_ok(f"{name}: {program} was asked to sign {octets}, which the register does not know")


def check(name, work, explainer):
    check_numbers(name)
    check_parcels(name)
    for what, sql, args in work.told:
        if not db(sql, *args):
            not_ok(f"{name}: {what} was acknowledged and is lost: {args}")
    explainer.check(name)
    done, out = work.shell.run(f"$antin log fsck --database '{STATE}/register/register.db' --public '{STATE}/public'")
    if not done:
        not_ok(f"{name}: fsck: {open(work.shell.err).read().strip()}")


def check_public_root():
    """From what anybody may copy, and nothing else."""
    _, size, root, *_ = open(STATE + "/public/checkpoint").read().split("\n")
    size, at, entries = int(size), 0, []
    for n in range((size + 255) // 256):
        width = min(256, size - 256 * n)
        name = f"{STATE}/public/tile/entries/{n:03}" + ("" if width == 256 else f".p/{width}")
        octets, at = open(name, "rb").read(), 0
        while at < len(octets):
            length = int.from_bytes(octets[at:at + 2], "big")
            entries.append(octets[at + 2:at + 2 + length])
            at += 2 + length

    def mth(leaves):
        if len(leaves) == 1:
            return hashlib.sha256(b"\0" + leaves[0]).digest()
        k = 1 << (len(leaves) - 1).bit_length() - 1
        return hashlib.sha256(b"\1" + mth(leaves[:k]) + mth(leaves[k:])).digest()

    if len(entries) != size or mth(entries) != base64.b64decode(root):
        not_ok("the root computed from the public bundles is not the checkpoint's")
    else:
        say(f"ok the root of {size} entries, computed from the public bundles, is the checkpoint's")


#
# Places.
#

def all_names():
    """Every place that the verb table and the sources name."""
    names = set()
    for verb in subprocess.run([BUILD + "/bin/register_verbs_test", "--list"], capture_output=True, text=True, check=True).stdout.split():
        names |= {verb + phase for phase in PHASES}
    for path in subprocess.run(["git", "ls-files", "*.c"], cwd=TREE, capture_output=True, text=True, check=True).stdout.split():
        if path.startswith(("tests/", "base/fault")):
            continue
        text = open(f"{TREE}/{path}").read()
        names |= set(re.findall(r'FAULT_POINT\("([^"]*)"\)', text))
        names |= {f"ca {step}{end}" for step in re.findall(r'authority_run\([^;"]*"([^"%]*)"', text) for end in ("", " done")}
    # tests/flow/restore.sh kills in the first four, tests/register/witness_crash_test.c in antin-witness,
    # roll_over_crash_test.c at a roll-over, which no job makes.
    return {n for n in names if not n.startswith(("authority.roll_over", "backup.", "copy.", "move.", "restore.", "witness."))}


def chosen(program, point, verbs):
    """In the short run: one phase of each verb, in turn; each call of a token;
    the processes that read and stamp; each step of publication, from the first
    bundle to what is remembered.  antin-ca has tests/ca/crash_test.c."""
    if ONLY is not None:
        return re.search(ONLY, f"{program} {point}")
    if FULL:
        return True
    for i, verb in enumerate(verbs):
        if point.startswith(verb) and point[len(verb):] in PHASES:
            return point[len(verb):] == PHASES[i % 3]
    if program == "antin-register" and (point.startswith("register.") or re.search(r"rename.* (.*public/checkpoint|entries/N.*|N/N.*)$", point)):
        return True
    return point in ("hsm.signed", "hsm.log.signed", "hsm.keeper.child-ended") or point.startswith(("tsa.", "verifier."))


class Job:
    """What is done, after what else is armed beforehand (a prelude of kills)."""

    def __init__(self, name, do, prelude=()):
        self.name, self.do, self.prelude, self.reached = name, do, list(prelude), {}


def full_tiles():
    return one("SELECT size FROM log_head") // 256


def run_job(job, work, extra=None):
    """extra: (program, point, n) armed too.  True if every armed place fired."""
    page = work.page
    page.clear()
    arms = job.prelude + ([extra] if extra else [])
    for i, arm in enumerate(arms):
        page.arm(i, *arm)
    fired = lambda: all(page.state(i)[0] == KILLED for i in range(len(arms)))
    begun = full_tiles()
    job.do()
    settle(work.shell, page)
    # Commits share checkpoints: how many renames a job makes is a matter of pace.
    # A full tile is renamed by whatever brings the register over a multiple of 256.
    full = begun + extra[2] if extra and re.search(r"rename.* .*tile/(.*/)?N$", extra[1]) and ".p/" not in extra[1] else 0
    for i in range(100):
        if extra is None or "rename" not in extra[1] or fired() or (i >= 4 and full_tiles() >= full):
            break
        job.do()
        settle(work.shell, page)
    return fired()


def baseline(jobs, work, explainer):
    """(job, program, place, n): each place by the first job that reaches it."""
    items, seen = [], set()
    for job in jobs:
        since = work.page.mark()
        if not run_job(job, work):
            not_ok(f"{job.name}: a place armed beforehand was not reached")
        check(job.name, work, explainer)
        for program, point, _ in work.page.lines(since):
            if not point.startswith("!"):
                job.reached[program, point] = job.reached.get((program, point), 0) + 1
        for (program, point), n in job.reached.items():
            if (program, point) not in seen and (program, point, 1) not in job.prelude:
                seen.add((program, point))
                renames = FULL and "rename" in point and program == "antin-register"
                items += [(job, program, point, i + 1) for i in range(n if renames else 1)]
    return items, seen


def jobs_of(work):
    hsms = [p for p in processes() if p.startswith("antin-hsm-")]
    last = {p: "hsm.log.signed" if p == "antin-hsm-log" else "hsm.signed" for p in hsms}
    doing = {"antin-hsm-issuing": work.certificates, "antin-hsm-log": work.people}
    return [
        Job("certificates", work.certificates), Job("people", work.people), Job("the root's CRL", work.root_crl), Job("permits", work.permits), Job("renewals", work.renewals), Job("reaffirmations", work.reaffirmations), Job("erasures", work.erasures), Job("dossiers", work.dossiers),
        Job("the token fails twice", work.certificates, [("antin-hsm-issuing", "hsm.sign", 1)] * 2),
        Job("the register ends while certificates are reserved", work.certificates, [("antin-register", "cert.reserve after-commit", 1)]),
        Job("antin-ca ends with a reservation", work.certificates, [("antin-ca", "ca reserve done", 1)]),
        # The first certificate is a request's, the second a change, the third a renewal.
        Job("antin-ca ends with a change reserved", work.certificates, [("antin-ca", "ca reserve done", 2)]),
        Job("antin-ca ends before a change is durable", work.certificates, [("antin-ca", "ca commit", 2)]),
        Job("antin-ca ends when a change is durable", work.certificates, [("antin-ca", "ca commit done", 2)]),
        Job("antin-ca ends with a renewal reserved", work.certificates, [("antin-ca", "ca reserve done", 3)]),
        Job("antin-ca ends when a renewal is durable", work.certificates, [("antin-ca", "ca commit done", 3)]),
        Job("antin-signer ends with a reaffirmation reserved", work.reaffirmations, [("antin-register", "permit.reserve_reaffirm after-commit", 1)]),
        Job("antin-signer ends before a reaffirmation is recorded, and again", work.reaffirmations, [("antin-signer", "signer.before-reaffirm", 1)] * 2),
        Job("the register ends while a renewal is reserved", work.certificates, [("antin-register", "cert.reserve after-commit", 3)]),
    ] + [Job(f"the module of {p} ends", doing.get(p, work.permits), [(p, last[p], 1)]) for p in hsms] + [Job("restarts", work.restarts)]


def held(work, explainer, what, job, program, point, victim):
    """While program is held at point, somebody else is killed: the victim, or what it is of the held one."""
    page = work.page
    page.clear()
    page.arm(0, program, point, 1, HOLD)
    helper = os.fork()
    if helper == 0:                  # the one with the knife
        end = time.time() + DEADLINE
        while page.state(0)[0] != HELD and time.time() < end:
            time.sleep(0.002)
        if page.state(0)[0] == HELD:
            os.kill(victim if isinstance(victim, int) else victim(page.state(0)[1]), signal.SIGKILL)
            time.sleep(0.05)
            page.let_go(0)
        os._exit(0)
    try:
        job()
        os.waitpid(helper, 0)
        settle(work.shell, page)
    except NotInTime as e:
        not_ok(f"{what}: not in {DEADLINE} seconds: {e}")
    if page.state(0)[0] != LET_GO:
        not_ok(f"{what}: {program} never came to {point}")
    check(what, work, explainer)


def parent(pid):
    return int(open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[1])


def held_kills(work, explainer):
    n = len(failures)
    for p in [p for p in processes() if p.startswith("antin-hsm-")]:
        point = "hsm.log.signed" if p == "antin-hsm-log" else "hsm.signed"
        held(work, explainer, f"the keeper of {p} while its child has signed", work.certificates if p == "antin-hsm-issuing" else work.permits, p, point, parent)
    for point, job in (("verifier.submission", work.permits), ("verifier.csr", work.certificates)):
        held(work, explainer, f"the worker itself at {point}", job, "antin-verifier", point, lambda pid: pid)
        held(work, explainer, f"the zygote at {point}", job, "antin-verifier", point, parent)
        held(work, explainer, f"the broker at {point}", job, "antin-verifier", point, work.pid_of("antin-verifier"))
    for program, point, job in (("antin-signer", "signer.before-issue", work.permits), ("antin-ca", "ca commit", work.certificates), ("antin-tsa", "tsa.signed", work.permits)):
        held(work, explainer, f"antin-api while {program} is at {point}", job, program, point, work.pid_of("antin-api"))
        held(work, explainer, f"{program} from outside at {point}", job, program, point, work.pid_of(program))
    say(f"ok {2 * 3 + 2 * 3 + 5} kills of somebody else while a process was held" if len(failures) == n else "not ok kills while a process was held")


def prepare(work):
    shell = work.shell
    for command in ("service_certificate", "certificate_of CB-000001", "certificate_of CB-000002",
                    "register_program program '\"submit\",\"read\",\"report\"'", "enrol_person officer CB-000011 'Người Ký (thử nghiệm)' 'PHÓ CHỦ TỊCH' H99 official",
                    "enrol_person clerk CB-000012 'Văn Thư (thử nghiệm)' 'Văn thư' H99 official", "make_token desk $state/desk third",
                    "enrol_person third CB-000003 'Người Duyệt Ba (thử nghiệm)' 'Quản trị chứng thư' H99 administrator", "appoint CB-000003 approver H99 'Quản trị chứng thư' ''", "make_token desk $state/desk head", "enrol_person head CB-000013 'Người Ký Trước (thử nghiệm)' 'CHÁNH VĂN PHÒNG' H99 official", "enrol_seals",
                    "appoint CB-000011 officer H99 'PHÓ CHỦ TỊCH' KT.", "appoint CB-000012 clerk H99 'Văn thư' ''",
                    "appoint CB-000013 officer H99 'CHÁNH VĂN PHÒNG' TL.", f"open_book H99.31.07 GPG $(TZ=Asia/Ho_Chi_Minh date +%Y) {FIRST}", f"open_book H99.31.07 GPXD $(TZ=Asia/Ho_Chi_Minh date +%Y) {FIRST}"):
        shell.must(command)




def up(work, attempts=3):
    """antin up; a person starts it again when a process could not start."""
    shell = work.shell
    for _ in range(attempts):
        with open(STATE + "/log/antin.log", "a") as f:
            f.write("antin up: begun\n")
        done, _ = shell.run("try_up", here=True)
        if done:
            work.up = int(shell.run("echo $up_pid")[1])
            return
    raise SystemExit("the authority did not start\n" + log_end())


def main():
    shutil.rmtree(STATE, ignore_errors=True)
    shutil.rmtree(STATE + ".before", ignore_errors=True)
    os.makedirs(STATE)
    os.environ["ANTIN_FAULT_PAGE"] = STATE + ".page"
    page = Page(STATE + ".page")
    shell = Shell()
    # Other authorities may be at the ports that world.sh tries; and a world_up
    # that says no instead of ending the shell.
    shell.must('free_port() { local p; while p=$((20000 + RANDOM % 10000)); (exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null; do :; done; echo "$p"; }', here=True)
    shell.must('try_up() { if (exec 3<>"/dev/tcp/${host%:*}/${host#*:}") 2>/dev/null; then host=127.0.0.1:$(free_port); api=http://$host; '
               'sed -i "s/^listen = .*/listen = $host/" "$state/antin.conf"; fi; rm -f "$state/ready"; "$antin" up --config "$state/antin.conf" --ready-file "$state/ready" >>"$state/log/antin.log" 2>&1 & up_pid=$!; '
               'while kill -0 "$up_pid" 2>/dev/null; do [ -e "$state/ready" ] && return 0; sleep 0.02; done; wait "$up_pid"; return 1; }', here=True)
    work, explainer = Work(shell, page), Explainer(page)
    began = time.time()
    shell.must("world_begin", here=True)
    # Whatever a new time stamp outlasts is renewed.
    shell.must("sed -i 's/^\\[antin-signer\\]$/&\\nrenew_days = 10000/' \"$state/antin.conf\"")
    shutil.copytree(STATE, STATE + ".before", symlinks=True)
    subprocess.run(["cp", "-a", STATE + "/.", STATE + ".before/"], check=True)
    try:
        sweep(work, explainer, page, shell)
    finally:
        shell.run("world_down", here=True)
    if failures:
        say(log_end())
    say(f"{'ok' if not failures else 'not ok'} the sweep: {len(failures)} failures, {time.time() - began:.0f} seconds")
    sys.exit(1 if failures else 0)


def sweep(work, explainer, page, shell):
    up(work)
    begin = Job("the first start", None)
    for program, point, _ in page.lines(0):
        begin.reached[program, point] = 1
    prepare(work)
    settle(shell, page)
    items, seen = baseline(jobs_of(work), work, explainer)
    firsts = [(begin, program, point, 1) for program, point in begin.reached if (program, point) not in seen and not point.startswith("!")]
    names = all_names()
    reached = {point for _, _, point, _ in items + firsts}
    for name in sorted(names - reached):
        not_ok(f"no job reaches the place \"{name}\"")
    for p in [p for p in processes() if p.startswith("antin-hsm-")]:
        for name in sorted(n for n in names if n.startswith("hsm.")):
            if name.startswith("hsm.keeper") or (p == "antin-hsm-log") == name.startswith("hsm.log"):
                if (p, name) not in seen and (p, name) not in begin.reached:
                    not_ok(f"no job reaches the place \"{name}\" of {p}")
    verbs = [n for n in sorted(names) if n + PHASES[1] in names]
    say(f"ok {len(names)} places are named, {len(items) + len(firsts)} are to be had (each program's own, each rename)")
    killed = 0
    for job, program, point, n in items:
        if not chosen(program, point, verbs):
            continue
        name, known = f"{program} at \"{point}\"" + (f", time {n}" if n > 1 else ""), len(failures)
        try:
            fired = run_job(job, work, (program, point, n))
        except NotInTime as e:
            not_ok(f"{name}: not in {DEADLINE} seconds: {e}")
            say(log_end())
            shell.run("world_down", here=True)
            up(work)
            fired = page.state(len(job.prelude))[0] == KILLED
        if not fired:
            not_ok(f"{name}: {program} did not die there")
        check(name, work, explainer)
        killed += len(failures) == known
        if "--times" in sys.argv:
            say(f"{time.time() - T0:.1f} {job.name}: {name}")
    if ONLY is None:
        held_kills(work, explainer)
    check_public_root()
    shell.run("world_down", here=True)
    killed += sweep_first_start(firsts, work, page, shell, verbs)
    say(f"ok {explainer.explained} signatures, each of something that the register knew" if not any("asked to sign" in f for f in failures) else "not ok signatures")
    say(f"ok {killed} places: killed there, begun again, everything in order")


def sweep_first_start(firsts, work, page, shell, verbs):
    """Places that only an authority's very first start reaches."""
    killed = 0
    for _, program, point, n in firsts:
        if not chosen(program, point, verbs):
            continue
        name, known = f"{program} at \"{point}\" of the first start", len(failures)
        shutil.rmtree(STATE)
        subprocess.run(["cp", "-a", STATE + ".before", STATE], check=True)
        explainer = Explainer(page)
        explainer.seen = page.mark()
        page.clear()
        page.arm(0, program, point, n)
        work.told = []
        try:
            up(work)
            settle(shell, page)
        except NotInTime as e:
            not_ok(f"{name}: not in {DEADLINE} seconds: {e}")
        if page.state(0)[0] != KILLED:
            not_ok(f"{name}: {program} did not die there")
        if one("SELECT count(*) FROM certificate WHERE state = 'active'") != 5 or one("SELECT count(*) FROM policy_adopted WHERE what = 'ceremony'") != 1:
            not_ok(f"{name}: the ceremony's certificates are not there, once")
        check(name, work, explainer)
        shell.run("world_down", here=True)
        killed += len(failures) == known
        if "--times" in sys.argv:
            say(f"{time.time() - T0:.1f} {name}")
    return killed


main()
