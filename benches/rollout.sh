#!/usr/bin/env bash
# A rollout under load, each way in the same machine with the same images: what failed, how slow it was, how long it took.
# Needs target/wharf and target/traffic (make release traffic). ROWS='seed docker wharf-ipvs', NODE=node1, WHARF=a binary.
set -euo pipefail
cd "$(dirname "$0")/.."
lab=tests/lab/lab
node=${NODE:-node1}
rows=${ROWS:-seed docker docker-best wharf-ipvs wharf-nftables wharf-relay}
# Any build of wharf that runs in the machine.
wharf=${WHARF:-target/wharf}
out=${OUT:-target/rollout}

mkdir -p "$out"
"$lab" up 1 >/dev/null
printf '%-14s %9s %7s %5s %4s %4s %4s %5s %4s %9s %9s %9s %9s %9s %9s %9s %5s\n' \
    way requests failed new ka ws dl long udp 'p50 ms' 'p99 ms' 'swap p50' 'swap p99' 'swap max' 'all new s' 'swap us' load
for row in $rows; do
    # From the clean start each: none finds what another left.
    "$lab" restore "$node" >/dev/null 2>&1
    "$lab" run "$node" 'mkdir /root/bench'
    [[ $row != wharf-* ]] || "$lab" copy "$node" "$wharf" /root/bench/wharf
    for file in target/traffic tests/lab/traffic-images benches/rollout-row; do
        "$lab" copy "$node" "$file" "/root/bench/$(basename "$file")"
    done
    "$lab" run "$node" "/root/bench/rollout-row $row" >"$out/$row.json" 2>"$out/$row.log" || {
        echo "$row: failed, see $out/$row.log"
        continue
    }
    busy=$(cut -d' ' -f1 /proc/loadavg)
    # During the swap: from the command to its end. All new: from the command to the old one's last answer to a new connection.
    jq -r --arg row "$row" '
        def lost(name): .load.loads[name].failed // 0;
        (.command - .load.started) as $from
        | (.finished - .load.started) as $until
        | [.load.loads.new.seconds[] | select(.second >= ($from | floor) and .second <= $until)] as $swap
        | [$row, .load.answered + .load.failed, .load.failed, lost("new"), lost("ka"), lost("ws"), lost("dl"),
           lost("long"), lost("udpfix") + lost("udpfresh"), .load.loads.new.p50_ms, .load.loads.new.p99_ms,
           ([$swap[].p50_ms] | sort | .[length / 2 | floor]), ([$swap[].p99_ms] | max), ([$swap[].max_ms] | max),
           ((.load.loads.new.revisions["1"].last - $from) * 10 | round / 10), .swap_us // "-"] | @tsv' "$out/$row.json" |
        awk -v load="$busy" '{ printf "%-14s %9d %7d %5d %4d %4d %4d %5d %4d %9.1f %9.1f %9.1f %9.1f %9.1f %9.1f %9s %5s\n", $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, load }'
done
