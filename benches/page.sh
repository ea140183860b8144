#!/usr/bin/env bash
# The page over many nodes: first paint, what watching costs, what not watching costs, a flood of lines.
# All nodes are one real machine (tests/lab/box) under as many names, each with a connection of its own: what is
# measured is this side. NODES=50, SERVICES=100, SECONDS_EACH=60, LINES=50000 (a second), WHARF=a binary.
set -euo pipefail
cd "$(dirname "$0")/.."
wharf=$(realpath "${WHARF:-target/wharf}")
nodes=${NODES:-50} services=${SERVICES:-100} each=${SECONDS_EACH:-60} lines=${LINES:-50000} port=1299
ground=$(mktemp -d /tmp/wharf-page.XXXXXX)
export XDG_RUNTIME_DIR=$ground/run XDG_STATE_HOME=$ground/state
mkdir -m 700 "$XDG_RUNTIME_DIR"
box() { tests/lab/box "$@"; }

end() {
    local file socket
    for file in "$ground"/*.pid; do [[ ! -e $file ]] || kill "$(<"$file")" 2>/dev/null || true; done
    for socket in "$XDG_RUNTIME_DIR"/wharf/ssh-*; do
        [[ ! -S $socket ]] || ssh -o ControlPath="$socket" -O exit none 2>/dev/null || true
    done
    moving 2>/dev/null || true
    box run node1 'systemctl stop flood; rm -f /etc/systemd/system/page-*.service; systemctl daemon-reload' 2>/dev/null || true
    rm -rf "$ground"
}
trap end EXIT

machine() {
    box up 1
    box run node1 "
        for number in \$(seq $services); do
            printf '[Service]\nExecStart=/bin/sleep infinity\n' >/etc/systemd/system/page-\$number.service
        done
        printf 'MaxSessions 200\nMaxStartups 500\n' >/etc/ssh/sshd_config.d/page.conf
        systemctl daemon-reload
        systemctl start \$(seq -f page-%g $services)
        systemctl reload ssh"
}

# Figures that stand still, as on machines that have nothing to do: every node is this busy machine otherwise.
still() {
    box run node1 "
        mkdir -p /run/still
        for file in loadavg meminfo pressure/cpu pressure/memory pressure/io; do
            cat /proc/\$file >/run/still/\${file//\\//-} && mount --bind /run/still/\${file//\\//-} /proc/\$file
        done"
}
moving() { box run node1 'for file in loadavg meminfo pressure/cpu pressure/memory pressure/io; do umount /proc/$file; done'; }

cluster() {
    local number all
    {
        echo 'Host n*'
        box config root | tail -n +2
    } >"$ground/ssh_config"
    all=$(seq -s ', ' -f n%g "$nodes")
    {
        echo "ssh_config: $ground/ssh_config"
        echo 'services:'
        for ((number = 1; number <= services; number++)); do
            printf -- '- {name: page-%s, nodes: [%s]}\n' "$number" "$all"
        done
        echo '- {name: flood, nodes: [n1]}'
    } >"$ground/cluster.yaml"
}

served() {
    : >"$ground/told"
    "$wharf" web -f "$ground/cluster.yaml" --listen "127.0.0.1:$port" 2>"$ground/told" &
    echo $! >"$ground/web.pid"
    until grep -q token= "$ground/told"; do sleep 0.1; done
    curl -s -o /dev/null -c "$ground/jar" -H "Origin: http://127.0.0.1:$port" \
        -d "$(grep -o 'token=.*' "$ground/told")" "http://127.0.0.1:$port/login"
}

page() { curl -s -b "$ground/jar" "$@" "http://127.0.0.1:$port$path"; }

# Hundredths of a second of CPU: the server and every ssh it has started, masters among them.
spent() {
    local pids
    pids="$(<"$ground/web.pid") $(pgrep -f "ControlPath=$XDG_RUNTIME_DIR" | tr '\n' ' ') $(pgrep -f "$XDG_RUNTIME_DIR/wharf/ssh-" | tr '\n' ' ')"
    # shellcheck disable=SC2086
    for pid in $(printf '%s\n' $pids | sort -u); do cut -d' ' -f14,15 "/proc/$pid/stat" 2>/dev/null || true; done |
        awk '{ sum += $1 + $2 } END { print sum + 0 }'
}

alone() { awk '{ print $14 + $15 }' "/proc/$(<"$ground/web.pid")/stat"; }
memory() { awk '/VmRSS/ { print $2 / 1024 " MB" }' "/proc/$(<"$ground/web.pid")/status"; }

measured() {
    local all own
    all=$(spent) own=$(alone)
    sleep "$each"
    echo "$1: $(awk "BEGIN { print ($(alone) - $own) / $each }") % of a core, $(awk "BEGIN { print ($(spent) - $all) / $each }") % with ssh; $(memory)"
}

machine
cluster
served
path=/
echo "first page, nobody asked before: $(page -o /dev/null -w '%{time_total} s, %{size_download} bytes')"
curl -sN -b "$ground/jar" "http://127.0.0.1:$port/events?on=*" >"$ground/events" &
echo $! >"$ground/viewer.pid"
sleep 20
for _ in 1 2 3; do echo "page: $(page -o /dev/null -w '%{time_total} s, %{size_download} bytes')"; done
path=/service/page-1
echo "service: $(page -o /dev/null -w '%{time_total} s')"
still
sleep 10
measured 'one viewer, nothing changes'
moving
sleep 5
measured 'one viewer, figures of every node change in every round'
kill "$(<"$ground/viewer.pid")"
rm "$ground/viewer.pid"
sleep 40
measured 'no viewer'

box run node1 "systemctl stop flood 2>/dev/null; systemd-run -q --unit=flood -p LogRateLimitIntervalSec=1s -p LogRateLimitBurst=1000000 perl -e '
    use Time::HiRes qw(sleep); \$| = 0; my \$n = 0;
    while (1) { print \"line \", \$n++, \" of a flood that nobody can read\n\" for 1 .. $lines / 20; \$| = 1; \$| = 0; sleep 0.05 }'"
curl -sN -b "$ground/jar" "http://127.0.0.1:$port/api/v1/logs/stream?service=flood" >"$ground/flood" &
echo $! >"$ground/viewer.pid"
sleep 20
echo "flood: $(memory) after 20 s; $(grep -c '^data' "$ground/flood") events, $(stat -c %s "$ground/flood") bytes"
grep -o '"dropped":[0-9]*' "$ground/flood" | awk -F: '{ sum += $2 } END { print "left out: " sum + 0 " lines" }'
grep -o '"cursor"' "$ground/flood" | wc -l | awk '{ print "shown: " $1 " lines" }'
grep -o '"behind":[0-9]*' "$ground/flood" | awk -F: '{ if ($2 > most) most = $2 } END { print "behind: " $2 " s at the end, " most + 0 " s at most" }'
box run node1 'journalctl -u flood -n 1 -o cat' | awk '{ print "written by then: " $2 " lines" }'
path=/healthz
echo "while it floods: $(page -o /dev/null -w '%{time_total} s')"
kill "$(<"$ground/viewer.pid")"
curl -sN --limit-rate 1k -b "$ground/jar" "http://127.0.0.1:$port/api/v1/logs/stream?service=flood" >/dev/null &
echo $! >"$ground/viewer.pid"
sleep 20
echo "a reader that is too slow: $(memory)"
