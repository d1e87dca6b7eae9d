#!/usr/bin/env bash
# antin doctor: each of its lines turns bad for one thing wrong, and good again
# without it.  The authority runs; what is spoilt are copies of what it has.
# Then the watch: it calls when a line turns bad, again until it is good, and not
# for nothing.
# usage: doctor.sh BUILD
set -u
cd "$(dirname "$0")/../.."
. tests/world.sh
flow_begin doctor "$1"

world_begin
world_up
certificate_of CB-000001 >/dev/null
certificate_of CB-000002 >/dev/null
register_program
enrol_person clerk CB-000003 "Người Duyệt Hai (thử nghiệm)" "Quản trị chứng thư" H99 administrator
appoint CB-000003 approver H99 "Quản trị chứng thư" ""
enrol_person officer CB-000011 "Người Ký (thử nghiệm)" "PHÓ CHỦ TỊCH" H99 official
order_by approver CB-000001 cert.revoke "$(cat "$state/desk/certificates/CB-000011.serial")" --reason "Thử thu hồi" >/dev/null || die "revoking"
second=$(register_sql "SELECT count(*) FROM crl")
[ "$second" -ge 2 ] || die "two CRLs"

# What is looked at: copies, and tokens of nobody's.
kept=$state/kept copy=$state/copy
keep() {
	rm -rf "$kept" && mkdir -p "$kept/backups" || die "a folder"
	cp -r "$state/public" "$kept/public"
	cp -r policy "$kept/policy"
	"$antin" backup --database "$database" --to "$kept/backups/1" >/dev/null || die "a backup"
	cp "$kept/backups/1/register.db" "$kept/register.db"
	self_signed "$kept/site.crt" 100
	cp -r "$state/desk/tokens" "$kept/tokens"
	softhsm_conf "$kept/softhsm.conf" "$copy/tokens"
	cat >"$kept/antin.conf" <<-EOF
	[antin-doctor]
	public = $copy/public
	database = $copy/register.db
	site = $api
	policy = $copy/policy
	certificates = $copy/site.crt
	tokens = antin-hsm-desk
	unsynchronised_clock = yes
	backups = $copy/backups
	command = $state/told.sh

	[antin-hsm-desk]
	run = $state/run
	token = approver
	module_config = $copy/softhsm.conf
	sign.ca = *
	EOF
}
self_signed() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -subj /CN=site.example -days "$2" -out "$1" 2>/dev/null || die "a certificate"; }
fresh() { rm -rf "$copy" && cp -r "$kept" "$copy"; }
sql() { sqlite3 "$copy/register.db" "$1"; }
proven() { sql "INSERT INTO permit (handle, kind, agency, dossier, holder, content, state, issued_entry, entry, time, proven_until, proven_by) VALUES (x'00', 'k', 'H99', 'd', 'h', x'00', 'issued', 1, 1, 1, $(secs_in "$1"), '')"; }	# a permit, for DAYS more
edit() { sed -i "$1" "$copy/antin.conf"; }
doctor() { "$antin" doctor --config "$copy/antin.conf" "$@"; }
alarms() { doctor --json "$@" | jq -r '[.[] | select(.health == "ALARM") | .check] | join(",")'; }
secs_in() { date -u -d "+$1 days" +%s; }
wrong_pin() { SOFTHSM2_CONF=$copy/softhsm.conf "$antin" token list --token approver --pin-file <(echo 00000000) >/dev/null 2>&1; true; }

sleep 1
keep
fresh
expect "all is well" "$(alarms)" ""
doctor >"$state/lines" || not_good "the exit code when all is well"
expect "a line each, Vietnamese first" "$(grep -c '^\(tốt\|bỏ qua\)  [^ ].* \[[a-z ]*: ' "$state/lines")" "$(wc -l <"$state/lines")"
rm "$copy/public/crl/0.crl"
if doctor >"$state/lines"; then not_good "the exit code with an alarm"; else good "exit code $? with an alarm"; fi
expect "an alarm says what to do" "$(grep -c '^BÁO ĐỘNG  Danh sách thu hồi: cũ' "$state/lines")" 1

# The watch, beside all else and with a copy of its own.
watch() {
	local copy=$state/watched watch n bad=0
	cp -r "$kept" "$copy" && sed -i "s,$state/copy,$copy,g" "$copy/antin.conf" "$copy/softhsm.conf"
	printf '#!/bin/sh\n[ ! -e %s/deaf ] || exit 1\necho "$1" >>%s/told\n' "$state" "$state" >"$state/told.sh" && chmod +x "$state/told.sh"
	told() { local n; n=$(grep -cx "$1" "$state/told"); echo "$n"; }
	wait_told() { for _ in $(seq 600); do [ "$(told "$1")" -ge "$2" ] && return 0; sleep 0.1; done; return 1; }
	: >"$state/told"
	"$antin" doctor --config "$copy/antin.conf" --watch --every 1 --again 2 2>"$state/log/watch" &
	watch=$!
	sleep 1.5
	expect "nothing is told while all is well" "$(wc -l <"$state/told")" 0
	mv "$copy/site.crt" "$copy/away"
	if wait_told files 1; then good "told when a line turns bad"; else not_good "told when a line turns bad"; fi
	if wait_told files 2; then good "told again"; else not_good "told again"; fi
	mv "$copy/away" "$copy/site.crt"
	sleep 1.5
	n=$(told files)
	sleep 3
	expect "told no more when it is good" "$(told files)" "$n"
	touch "$state/deaf"
	mv "$copy/site.crt" "$copy/away"
	sleep 2
	rm "$state/deaf"
	if wait_told files $((n + 1)); then good "told at the next look when nobody could be told"; else not_good "told at the next look"; fi
	expect "of nothing else" "$(sort -u "$state/told")" files
	kill "$watch" && wait "$watch" 2>/dev/null
	return "$bad"
}
watch >"$state/watch.out" 2>&1 &
watching=$!

while IFS='|' read -r row spoil; do
	fresh
	(cd "$copy" && eval "$spoil") || die "spoiling: $spoil"
	expect "$row: $spoil" "$(alarms)" "$row"
done <<-'EOF2'
	checkpoint,log|sed -i 2s/.*/1/ public/checkpoint
	checkpoint|rm -r public/tile/entries
	log|sql 'UPDATE log_head SET size = size - 1'
	log|sql "DELETE FROM log_entry WHERE idx = (SELECT max(idx) FROM log_entry)"; sql "UPDATE log_head SET size = 1"
	crl|rm public/crl/0.crl
	crl|cp public/crl/root.crl public/crl/0.crl
	crl|truncate -s -1 public/crl/0.crl
	crl served|sql "UPDATE crl SET der = (SELECT der FROM crl ORDER BY number LIMIT 1)"
	crl served|sql "UPDATE crl SET der = NULL"
	ocsp served|sql "UPDATE certificate SET state = 'active' WHERE state = 'revoked'"
	ocsp served|sql "UPDATE certificate SET state = 'revoked', ended_entry = 99999 WHERE profile = 'tsa'"
	crl served,ocsp served|edit 's/^site = .*/site = http:\/\/127.0.0.1:9/'
	status list|truncate -s 10 public/status/1.cwt
	status list|rm public/status/1.cwt
	crl,authority|self_signed public/ca/root.crt 60
	certificates|sql "UPDATE certificate SET not_after = $(secs_in 9) WHERE profile = 'tsa'"
	certificates|sql "UPDATE certificate SET not_after = $(secs_in -3) WHERE profile = 'ocsp'"
	files|self_signed site.crt 9
	files|rm site.crt
	policy|sed -i 's/minutes="10"/minutes="11"/' policy/roles.xml
	policy|echo x >policy/roles.xml
	policy|sql "DELETE FROM policy_adopted WHERE what = 'policy'"
	approvers|sql "UPDATE appointment SET ended_day = 20000 WHERE person = 'CB-000003'"
	approvers|sql "UPDATE appointment SET to_day = from_day + 1 WHERE person = 'CB-000003'"
	approvers|sql "UPDATE certificate SET state = 'held' WHERE person = 'CB-000003'"
	archive|proven 30
	archive|proven 0
	|proven 100
	pins|wrong_pin
	pins|rm -r tokens; mkdir tokens
	backup|sed -i 's/"made":"20[0-9][0-9]/"made":"2019/; s/"made": "20[0-9][0-9]/"made": "2019/' backups/1/manifest.json
	backup|rm -r backups/1
	holidays|rm policy/holidays
	holidays|echo '2026-01-01 x' >policy/holidays
	holidays|echo 'no day' >policy/holidays
	stamps|edit 's/^public = .*/&\noutside = \/nowhere.sock/'
	backup,disk|edit 's/^backups = .*/backups = \/proc/'
	log,crl served,ocsp served,certificates,policy,approvers,archive,disk|rm register.db
EOF2
if [ "$(doctor --json | jq -r '.[] | select(.check == "clock") | .health')" != well ]; then
	fresh
	edit 's/^unsynchronised_clock = .*/unsynchronised_clock = no/'
	expect "clock: it may not be unsynchronised" "$(alarms)" clock
fi
fresh
expect "and all is well again" "$(alarms)" ""

# Looking ahead: twelve days, and on over Tet of 2027 (4 to 10 February, a Thursday to a Wednesday).
ahead() { doctor --at "$1" --json | jq -r '.[] | select(.check == "holidays") | .says'; }
expect "ahead, twelve days" "$(ahead 2026-12-02T05:00:00Z)" "looking ahead to 2026-12-14"
expect "ahead, over a weekend" "$(ahead 2026-12-01T05:00:00Z)" "looking ahead to 2026-12-14"
expect "ahead, over Tet" "$(ahead 2027-01-24T05:00:00Z)" "looking ahead to 2027-02-11"
expect "ahead, up to the eve" "$(ahead 2027-01-22T05:00:00Z)" "looking ahead to 2027-02-03"

refuses "nothing to look at" "--public DIR or --config FILE is needed" "$antin" doctor
refuses "a key that there is not" "unknown key nurse" "$antin" doctor --config <(printf '[antin-doctor]\npublic = /x\nnurse = y\n')
refuses "an interval that is none" "--every is from 1 to 86400 seconds" doctor --watch --every 0

wait "$watching"
bad=$((bad + $?))
cat "$state/watch.out"
[ "$bad" -eq 0 ]
