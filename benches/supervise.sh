#!/usr/bin/env bash
# Many programs under one supervisor: wharf beside Debian's supervisord, the same programs in one run.
# COUNT=500, ROUNDS=3, IDLE=10 (seconds), WHARF=a binary.
set -euo pipefail
cd "$(dirname "$0")/.."
wharf=$(realpath "${WHARF:-target/wharf}")
count=${COUNT:-500} rounds=${ROUNDS:-3} idle=${IDLE:-10}
ground=$(mktemp -d /tmp/wharf-bench.XXXXXX)
# So that our own are told from everybody else's sleep.
program="sleep 8${count}5.5"
daemon=

trouble() {
    echo "$*" >&2
    exit 1
}

end() {
    [[ -z $daemon ]] || kill "$daemon" 2>/dev/null || true
    WHARF_STATE=$ground/state "$wharf" supervise stop all --parallel >/dev/null 2>&1 || true
    local pid
    for pid in $(pgrep -f -x "$program" || true); do kill -9 "$pid" 2>/dev/null || true; done
    rm -rf "$ground"
}
trap end EXIT

# The definitions; $1: where output goes, `file` or `journal`.
for_wharf() {
    local number
    rm -rf "$ground/defs" "$ground/state"
    mkdir "$ground/defs"
    for ((number = 0; number < count; number++)); do
        {
            echo "command: [sleep, '${program#sleep }']"
            echo 'success_seconds: 1'
            [[ $1 == journal ]] || echo "stdout: $ground/log/$number"
        } >"$ground/defs/program$number.yaml"
    done
}

for_supervisord() {
    local number
    {
        printf '[unix_http_server]\nfile=%s/sock\n[supervisord]\nlogfile=%s/daemon.log\npidfile=%s/pid\nnodaemon=true\nminfds=4096\n' "$ground" "$ground" "$ground"
        printf '[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface\n'
        printf '[supervisorctl]\nserverurl=unix://%s/sock\n' "$ground"
        for ((number = 0; number < count; number++)); do
            printf '[program:program%s]\ncommand=%s\nstartsecs=1\nredirect_stderr=true\nstdout_logfile=%s/log/%s\n' \
                "$number" "$program" "$ground" "$number"
        done
    } >"$ground/supervisord.conf"
}

there() { pgrep -f -x -c "$program" || true; }

# Waits until that many are counted by $1, at most a minute.
reached() {
    local deadline=$((SECONDS + 60))
    until (($($1) >= count)); do
        ((SECONDS < deadline)) || trouble "$1: $($1) of $count after a minute; $(tail -n 3 "$ground/out")"
        sleep 0.02
    done
}

running_wharf() { WHARF_STATE=$ground/state "$wharf" supervise status --json 2>/dev/null | grep -c '"state":"running"' || true; }
running_supervisord() { supervisorctl -c "$ground/supervisord.conf" status 2>/dev/null | grep -c RUNNING || true; }

since() { awk -v a="$1" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.2f", b - a }'; }

ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }

# One row: $1 the name, $2 who counts, the rest is the command.
row() {
    local name=$1 counts=$2 begun all ready before after pss threads
    shift 2
    (($(there) == 0)) || trouble "some of an earlier round are left"
    rm -rf "$ground/log"
    mkdir "$ground/log"
    begun=$EPOCHREALTIME
    WHARF_STATE=$ground/state "$@" >"$ground/out" 2>&1 &
    daemon=$!
    reached there
    all=$(since "$begun")
    reached "$counts"
    ready=$(since "$begun")
    sleep 2
    before=$(ticks "$daemon")
    sleep "$idle"
    after=$(ticks "$daemon")
    pss=$(awk '/^Pss:/ { print $2 }' "/proc/$daemon/smaps_rollup")
    threads=$(awk '/^Threads:/ { print $2 }' "/proc/$daemon/status")
    awk -v n="$name" -v c="$count" -v a="$all" -v r="$ready" -v p="$pss" -v u="$((after - before))" -v i="$idle" \
        -v hz="$(getconf CLK_TCK)" -v t="$threads" 'BEGIN {
        printf "%-22s %d started %s s, running %s s, memory %.1f MiB, idle %.2f %% of a core, %d thread(s)\n",
            n, c, a, r, p / 1024, 100 * u / hz / i, t }'
}

# Ends a round; the programs of wharf outlive it.
over() {
    if [[ $1 == wharf* ]]; then
        WHARF_STATE=$ground/state "$wharf" supervise stop all --parallel >/dev/null
    fi
    kill "$daemon"
    wait "$daemon" || true
    daemon=
    local deadline=$((SECONDS + 60))
    while (($(there) > 0)); do
        ((SECONDS < deadline)) || trouble "$1 left $(there) programs"
        sleep 0.1
    done
}

command -v supervisord >/dev/null || trouble 'supervisord is missing: tests/lab/install brings it'
echo "$("$wharf" --version), supervisord $(supervisord --version), $count times '$program'"
for ((round = 0; round < rounds; round++)); do
    for_supervisord
    row supervisord running_supervisord supervisord -c "$ground/supervisord.conf"
    over supervisord
    for_wharf file
    row 'wharf, to files' running_wharf "$wharf" supervise --config "$ground/defs" --state "$ground/state/supervise"
    over wharf
    for_wharf journal
    row 'wharf, to the journal' running_wharf "$wharf" supervise --config "$ground/defs" --state "$ground/state/supervise"
    over wharf
done
