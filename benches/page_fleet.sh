#!/usr/bin/env bash
# The page over machines that are each one of their own: how long until its overview knows everything, beside the
# way a page can be made of `ssh NODE systemctl status SERVICE`, pair by pair. NODES=20 boxes (tests/lab/box) without
# docker, three services each. ROUNDS=5, WHARF=a binary, SHOT=a file for a picture of the overview, KEEP=1 leaves the boxes.
set -euo pipefail
cd "$(dirname "$0")/.."
wharf=$(realpath "${WHARF:-target/wharf}")
nodes=${NODES:-20} rounds=${ROUNDS:-5} port=1297
ground=$(mktemp -d /tmp/wharf-page-fleet.XXXXXX)
export XDG_RUNTIME_DIR=$ground/run XDG_STATE_HOME=$ground/state WHARF_BOX_DOCKER=none
export WHARF_LAB_NAME=${WHARF_LAB_NAME:-page-fleet}
mkdir -m 700 "$XDG_RUNTIME_DIR"
services=(one two three)
fail() { echo "$*" >&2; exit 1; }
now() { date +%s.%N; }
since() { awk "BEGIN { printf \"%.2f s\", $(now) - $1 }"; }

disconnected() {
    local socket
    for socket in "$XDG_RUNTIME_DIR"/wharf/ssh-* "$ground"/mux-*; do
        [[ ! -S $socket ]] || ssh -o ControlPath="$socket" -O exit none 2>/dev/null || true
    done
}

end() {
    [[ ! -e $ground/web.pid ]] || kill "$(<"$ground/web.pid")" 2>/dev/null || true
    disconnected
    [[ -n ${KEEP:-} ]] || tests/lab/box down
    rm -rf "$ground"
}
trap end EXIT

machines() {
    local number
    tests/lab/box up "$nodes" >"$ground/up" 2>&1 || fail "$(tail -n 3 "$ground/up")"
    for ((number = 1; number <= nodes; number++)); do
        tests/lab/box run "node$number" "
            for name in ${services[*]}; do printf '[Service]\nExecStart=/bin/sleep infinity\n' >/etc/systemd/system/\$name.service; done
            systemctl daemon-reload && systemctl start ${services[*]}" &
    done
    wait
    tests/lab/box config root >"$ground/ssh_config"
}

cluster() {
    local name all
    all=$(seq -s ', ' -f node%g "$nodes")
    echo "ssh_config: $ground/ssh_config"
    echo 'services:'
    for name in "${services[@]}"; do echo "- {name: $name, nodes: [$all]}"; done
}

pairs() { for name in "${services[@]}"; do seq -f "node%g $name" "$nodes"; done; }

# asked AT_ONCE CONFIG – every pair by a round trip of its own; fails when one says anything but active.
asked() {
    # shellcheck disable=SC2016
    pairs | xargs -P "$1" -L 1 sh -c 'ssh -F "$0" "$1" systemctl --no-page status "$2" | grep -q "active (running)"' \
        "$2" || fail 'a pair did not answer'
}

timed() {
    local what=$1 t round
    shift
    for ((round = 0; round < rounds; round++)); do
        t=$(now)
        "$@"
        printf '%s: %s\n' "$what" "$(since "$t")"
    done
}

# Until every node has said everything.
whole() {
    until curl -s -b "$ground/jar" "http://127.0.0.1:$port/api/v1/glance" |
        jq -e "[.glance.services[] | select(.sign == \"good\")] | length == $((nodes * ${#services[@]}))" >/dev/null; do sleep 0.02; done
}

served() {
    : >"$ground/told"
    "$wharf" web -f "$ground/cluster.yaml" --listen "127.0.0.1:$port" 2>"$ground/told" &
    echo $! >"$ground/web.pid"
    until grep -q token= "$ground/told"; do sleep 0.02; done
    curl -s -o /dev/null -c "$ground/jar" -H "Origin: http://127.0.0.1:$port" \
        -d "$(grep -o 'token=.*' "$ground/told")" "http://127.0.0.1:$port/login"
}

# A process that has asked nobody yet, over connections that are there or not.
page() {
    local t first
    served
    t=$(now)
    curl -s -o /dev/null -b "$ground/jar" "http://127.0.0.1:$port/"
    first=$(since "$t")
    whole
    echo "$1: page after $first, complete after $(since "$t"); $(awk '/VmRSS/ { print $2 / 1024 " MB" }' "/proc/$(<"$ground/web.pid")/status")"
    [[ -z ${SHOT:-} || $1 != *kept* ]] || node tests/page/shot.mjs "http://127.0.0.1:$port" "$ground/jar" "$SHOT"
    kill "$(<"$ground/web.pid")"
    rm "$ground/web.pid"
}

machines
cluster >"$ground/cluster.yaml"
for ((round = 0; round < rounds; round++)); do
    disconnected
    page 'wharf web, no connection yet'
done
for ((round = 0; round < rounds; round++)); do page 'wharf web, connections kept'; done
disconnected
echo "$nodes nodes × ${#services[@]} services, one line each"
{
    cat "$ground/ssh_config"
    printf 'Host *\n  ControlMaster auto\n  ControlPersist 60\n  ControlPath %s/mux-%%C\n' "$ground"
} >"$ground/kept_config"
timed 'one after the other, a connection each' asked 1 "$ground/ssh_config"
timed 'all at once, a connection each' asked 64 "$ground/ssh_config"
asked 1 "$ground/kept_config"
timed 'one after the other, connections kept' asked 1 "$ground/kept_config"
timed 'all at once, connections kept' asked 64 "$ground/kept_config"
