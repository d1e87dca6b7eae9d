#!/usr/bin/env bash
# The systemd units under systemd itself, in namespaces of its own over a
# throw-away copy of this machine's files: all that antin.target starts is started
# at once, with the PINs as encrypted credentials; then the power goes (every
# process is killed), comes back, and with nobody present a new CRL is served.
# Also what systemd's own judges say of the units.  Needs root.
# usage: units.sh BUILD
set -u
cd "$(dirname "$0")/../.."
if [ "$(id -u)" -ne 0 ] || [ ! -x /lib/systemd/systemd ] || ! command -v systemd-creds >/dev/null; then echo "needs root and systemd"; exit 77; fi
build=$(cd "$1" && pwd)
if [ "${2:-}" != inside ]; then exec unshare -m --propagation private "$0" "$build" inside; fi

top=$(mktemp -d) || exit 1
machine=$top/machine
bad=0 power=
expect() { if [ "$2" = "$3" ]; then echo "ok $1"; else bad=$((bad + 1)); echo "not ok $1 ($2, not $3)"; fi; }
trap '[ -n "$power" ] && kill -KILL "$power" 2>/dev/null; cd /; umount -R "$machine" 2>/dev/null; umount "$top" 2>/dev/null; rmdir "$top"' EXIT
mount -t tmpfs tmpfs "$top" && mkdir "$top"/{up,work,machine} && mount -t overlay overlay -o "lowerdir=/,upperdir=$top/up,workdir=$top/work" "$machine" ||
	{ echo "no overlay of / can be mounted here"; exit 77; }

# As a package would install it, and a ceremony would leave it.
cp "$build"/bin/antin* "$machine/usr/bin/"
cp -r policy/systemd/antin* "$machine/etc/systemd/system/"
mv "$machine/etc/systemd/system/antin.tmpfiles" "$machine/usr/lib/tmpfiles.d/antin.conf"
mkdir -p "$machine/etc/antin/pins" "$machine/usr/share/antin" "$machine/var/lib/antin" "$machine/source"
chmod 711 "$machine/var/lib/antin"
cp -r policy tests "$machine/source/" && cp -r policy "$machine/usr/share/antin/"
mount -t tmpfs tmpfs "$machine/tmp"
mount --bind /dev "$machine/dev" && mount -t proc proc "$machine/proc"
cat >"$machine/source/make.sh" <<'END'
set -eu
. /source/tests/world.sh
mkdir -p /made/bin && ln -sf /usr/bin/antin* /made/bin/
world_init /var/lib/antin /made
host=127.0.0.1:18080 uid_base=61000
world_tokens
world_ceremony
world_conf
sed 's,/var/lib/antin/run,/run/antin,; s,/source/policy,/usr/share/antin/policy,' /var/lib/antin/antin.conf >/etc/antin/antin.conf
chown -R 61007:61007 /var/lib/antin/tokens /var/lib/antin/logkey
for token in log issuing seal service tsa; do systemd-creds encrypt --with-key=host --name=pin "/var/lib/antin/pins/$token.pin" "/etc/antin/pins/$token.cred" 2>/dev/null; done
rm -r /var/lib/antin/pins
END
chroot "$machine" bash /source/make.sh || { echo "not ok: an authority is made"; exit 1; }
umount "$machine/proc" "$machine/dev" "$machine/tmp"

# What is looked at from inside, once a boot.
cat >"$machine/usr/bin/look" <<'END'
#!/bin/bash
for _ in $(seq 600); do
	if curl -sf -o /var/lib/antin/look.crl http://127.0.0.1:18080/crl/0.crl; then
		made=$(openssl crl -inform DER -in /var/lib/antin/look.crl -noout -lastupdate | cut -d= -f2)
		[ "$(date -d "$made" +%s)" -ge "$(($(cat /var/lib/antin/begun) - 600))" ] && [ "$(cmp /var/lib/antin/look.crl /var/lib/antin/old.crl 2>&1)" ] && break
	fi
	sleep 0.1
done
cp /var/lib/antin/look.crl /var/lib/antin/old.crl
{
	openssl crl -inform DER -in /var/lib/antin/look.crl -noout -crlnumber | tr -d '\n'; echo
	sleep 3
	systemctl list-units --no-legend --plain 'antin*' | awk '{ print $1, $3 "/" $4 }' | sort
	antin doctor --config /etc/antin/antin.conf | grep -v '^bỏ qua'
	systemctl start antin-backup && antin backup verify /var/lib/antin/backups/* | head -n 1
	systemctl start antin-recheck && echo "re-checked: $(jq -r 'keys | join(" ")' /var/lib/antin/recheck.json)" || journalctl -b --no-pager -u antin-recheck | tail -n 5
	[ "$(systemctl list-units --no-legend 'antin*@*' | grep -c running)" -eq 11 ] || journalctl -b --no-pager -u 'antin*' | grep -v 'Scheduled restart\|Failed with result\|Main process\|Started' | tail -n 25
} >/var/lib/antin/seen.new 2>&1
mv /var/lib/antin/seen.new /var/lib/antin/seen
END
chmod +x "$machine/usr/bin/look"
printf '[Unit]\nDescription=looks\n[Service]\nType=oneshot\nExecStart=/usr/bin/look\n' >"$machine/etc/systemd/system/look.service"
printf '[Unit]\nWants=antin.target look.service systemd-tmpfiles-setup.service\n' >"$machine/etc/systemd/system/try.target"
for unit in systemd-udevd systemd-udev-trigger systemd-networkd networking ssh dev-hugepages.mount; do ln -sf /dev/null "$machine/etc/systemd/system/${unit%.mount}$(case $unit in *.mount) echo .mount ;; *) echo .service ;; esac)"; done

cat >"$top/boot.sh" <<'END'
machine=$1
mount -t proc proc "$machine/proc" && mount -t sysfs -o ro sysfs "$machine/sys" && mount -t cgroup2 none "$machine/sys/fs/cgroup" || exit 1
for folder in run tmp dev; do mount -t tmpfs -o mode=755 tmpfs "$machine/$folder"; done
chmod 1777 "$machine/tmp"
for node in null zero full random urandom tty; do touch "$machine/dev/$node" && mount --bind "/dev/$node" "$machine/dev/$node"; done
mkdir -p "$machine"/dev/{shm,pts,mqueue,hugepages} && mount -t tmpfs tmpfs "$machine/dev/shm" && mount -t devpts -o newinstance,ptmxmode=0666 devpts "$machine/dev/pts" && ln -s pts/ptmx "$machine/dev/ptmx"
mount -t mqueue mqueue "$machine/dev/mqueue"
cd "$machine" && mkdir -p old && pivot_root . old && umount -l old && mount --make-rshared / || exit 1
exec chroot . env -i PATH=/usr/bin:/bin:/usr/sbin:/sbin container=other /lib/systemd/systemd --unit=try.target --log-target=journal --show-status=no
END
boot() {
	rm -f "$machine/var/lib/antin/seen"
	date +%s >"$machine/var/lib/antin/begun"
	unshare -m -p -u -i -n -C -f --kill-child bash "$top/boot.sh" "$machine" >"$top/console" 2>&1 &
	power=$!
	for _ in $(seq 900); do
		[ -e "$machine/var/lib/antin/seen" ] && return 0
		kill -0 "$power" 2>/dev/null || break
		sleep 0.1
	done
	echo "not ok: the machine did not come up"; tail -n 30 "$top/console"; cat "$machine/var/lib/antin/seen.new" 2>/dev/null; bad=$((bad + 1))
	return 1
}
power_cut() { kill -KILL "$power"; wait "$power" 2>/dev/null; power=; }
number() { sed -n 's/^crlNumber=0x//p' "$machine/var/lib/antin/seen"; }
running() { grep -c '^antin.*@.*service active/running' "$machine/var/lib/antin/seen"; }

# systemd's own judges: nothing that it does not understand; how much a process
# could do before its own jail (0: nothing, 10: all).
for unit in antin@ca antin@api antin@register antin-hsm@issuing antin-doctor antin-backup antin-recheck; do
	expect "systemd-analyze verify $unit" "$(chroot "$machine" systemd-analyze verify --man=no "/etc/systemd/system/$unit.service" 2>&1 | grep -i antin)" ""
	exposed=$(chroot "$machine" systemd-analyze security --offline=true --no-pager "/etc/systemd/system/$unit.service" 2>/dev/null | sed -n 's/.*exposure level.*: \([0-9.]*\) .*/\1/p')
	expect "systemd-analyze security $unit: $exposed of 10" "$(awk -v e="$exposed" 'BEGIN { print (e != "" && e <= 3.5) }')" 1
done

if boot; then
	cat "$machine/var/lib/antin/seen"
	expect "eleven daemons run" "$(running)" 11
	expect "the nightly re-check ends well" "$(grep -c '^re-checked: ' "$machine/var/lib/antin/seen")" 1
	first=$(number)
	power_cut
	if boot; then
		expect "eleven daemons run after the power came back" "$(running)" 11
		second=$(number)
		expect "nobody was there, and the CRL is a new one" "$([ $((16#$second)) -gt $((16#$first)) ] && echo newer)" newer
		cat "$machine/var/lib/antin/seen"
	fi
	power_cut
fi
[ "$bad" -eq 0 ]
