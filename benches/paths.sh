#!/usr/bin/env bash
# What each way to a container carries, in turns beside a direct connection: here, and IPVS in a machine that has it.
# WHERE='here machine', WHARF_ROUNDS=5, NODE=node1. The profile `fuzz` is optimised and keeps a debug build's checks.
set -euo pipefail
cd "$(dirname "$0")/.."
lab=tests/lab/lab
node=${NODE:-node1}
binary=$(cargo test --locked --profile fuzz --test bench_paths --no-run --message-format json |
    jq -r 'select(.target.name? == "bench_paths") | .executable // empty')
for place in ${WHERE:-here machine}; do
    echo "== $place"
    case $place in
        here) "$binary" --ignored --exact beside_each_other --nocapture ;;
        machine)
            "$lab" up 1 >/dev/null
            "$lab" copy "$node" "$binary" /root/bench_paths
            "$lab" run "$node" "WHARF_ROUNDS=${WHARF_ROUNDS:-5} WHARF_PATHS=direct,ipvs,nftables /root/bench_paths \
                --ignored --exact beside_each_other --nocapture"
            ;;
    esac
done 2>&1 | grep -v -e '^running' -e '^test' -e '^$'
