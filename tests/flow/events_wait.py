"""Who waits for events: many at once, and how long after the entry each hears of it.

usage: events_wait.py API KEY-FILE AFTER CLIENTS COMMAND...
COMMAND makes an entry while they wait.  Prints the slowest, in milliseconds from the
end of COMMAND's request (the entry is durable before it ends); exit 1 when one of
them heard nothing."""
import json, subprocess, sys, threading, time, urllib.request

api, key_file, after, clients = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
key = open(key_file).read().strip()
heard = []

def wait():
    ask = urllib.request.Request(f'{api}/v1/events?after={after}&wait=30', headers={'Authorization': 'Bearer ' + key})
    with urllib.request.urlopen(ask, timeout=60) as answer:
        heard.append((json.load(answer), time.monotonic()))

threads = [threading.Thread(target=wait) for _ in range(clients)]
for t in threads:
    t.start()
time.sleep(1)
early = len(heard)
subprocess.run(sys.argv[5:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
done = time.monotonic()
for t in threads:
    t.join()
assert early == 0, 'somebody was answered before there was anything'
assert len(heard) == clients, f'{len(heard)} of {clients} heard something'
assert all(answer['items'] for answer, _ in heard), 'somebody was answered with nothing'
print(max(0, round(max(at for _, at in heard) * 1000 - done * 1000)))
