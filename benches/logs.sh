#!/usr/bin/env bash
# How fast a container's lines reach the journal, beside the other ways: one table, each way in the same run.
# Needs docker with the image wharf-box:1 (or $IMAGE), a journald, cargo. LINES=1000000, ROUNDS=3.
set -euo pipefail
cd "$(dirname "$0")/.."
lines=${LINES:-1000000}
rounds=${ROUNDS:-3}
image=${IMAGE:-wharf-box:1}
work=$(mktemp -d)
names=()

cleanup() {
    ((${#names[@]} == 0)) || docker rm --force "${names[@]}" >/dev/null 2>&1 || true
    rm -rf "$work"
}
trap cleanup EXIT

# 110 bytes each, the newline included: "0000001 xxxx…".
awk -v n="$lines" 'BEGIN { x = sprintf("%101s", ""); gsub(" ", "x", x); for (i = 0; i < n; i++) printf "%07d %s\n", i, x }' >"$work/lines"
bytes=$(stat -c %s "$work/lines")

# A container that writes them; $1: its log driver.
make() {
    name=wharf-bench-$$-${#names[@]}
    names+=("$name")
    id=$(docker create --name "$name" --network none --log-driver "$1" "${@:2}" -v "$work/lines:/lines:ro" "$image" cat /lines)
}

now() { date +%s%N; }

to_null() {
    make json-file
    start=$(now)
    docker start "$id" >/dev/null
    docker logs -f "$id" >/dev/null
}

to_pipe() {
    make json-file
    start=$(now)
    docker start "$id" >/dev/null
    docker logs -f "$id" | cat >/dev/null
}

attached() {
    make none
    start=$(now)
    docker start --attach "$id" >/dev/null
}

driver() {
    make journald
    start=$(now)
    docker start "$id" >/dev/null
    docker wait "$id" >/dev/null
}

cat_to_journal() {
    make none
    start=$(now)
    docker start --attach "$id" | systemd-cat -t wharf-bench
}

carrier() {
    make local --log-opt max-size=20m --log-opt max-file=3 --log-opt compress=false
    mkfifo "$work/told-$name"
    WHARF_SOAK_ROLE=fresh WHARF_SOAK_ID=$id WHARF_SOAK_TTY='' WHARF_SOAK_MEMORY="$work/position" \
        "$program" the_child --exact --nocapture >"$work/told-$name" &
    local pid=$!
    exec 3<"$work/told-$name"
    until read -r line <&3 && [[ $line == *attached* ]]; do :; done
    start=$(now)
    docker start "$id" >/dev/null
    cat <&3 >/dev/null
    wait "$pid"
}

program=$(cargo test --release --test log_soak --no-run --message-format=json 2>/dev/null |
    sed -n 's/.*"executable":"\([^"]*log_soak[^"]*\)".*/\1/p')

printf '%-44s %10s %12s %8s   (best of %s, %s lines, %s bytes)\n' way seconds lines/s MB/s "$rounds" "$lines" "$bytes"
measure() {
    local best=
    for ((round = 0; round < rounds; round++)); do
        "$2"
        took=$((($(now) - start) / 1000))
        [[ -n $best ]] && ((best <= took)) || best=$took
        docker rm --force "$id" >/dev/null
    done
    awk -v what="$1" -v us="$best" -v n="$lines" -v b="$bytes" \
        'BEGIN { s = us / 1e6; printf "%-44s %10.2f %12d %8.1f\n", what, s, n / s, b / s / 1e6 }'
}

measure 'docker start --attach > /dev/null (no log)' attached
measure 'docker logs -f > /dev/null (json-file)' to_null
measure 'docker logs -f | cat > /dev/null (json-file)' to_pipe
measure 'docker start --attach | systemd-cat' cat_to_journal
measure "docker's journald driver" driver
measure 'wharf' carrier
