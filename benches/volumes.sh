#!/usr/bin/env bash
# A volume of 1 GiB brought to another node, and then its changes of 10 MiB: wharf beside rsync and beside all of it
# through `btrfs send`, over ssh on loopback, between two file systems of this machine.
# ROUNDS=5, SIZE=1024 (MiB), WHARF=a binary.
set -euo pipefail
cd "$(dirname "$0")/.."
wharf=$(realpath "${WHARF:-target/wharf}")
rounds=${ROUNDS:-5} size=${SIZE:-1024}
ground=$(mktemp -d /tmp/wharf-volumes.XXXXXX)
port=2361 file=16
export XDG_RUNTIME_DIR=$ground/run WHARF_VOLUMES=$ground/one/wharf
mkdir -m 700 "$XDG_RUNTIME_DIR"

end() {
    ssh -F "$ground/ssh_config" -o ControlPath="$ground/run/wharf/ssh-%C" -O exit 127.44.0.2 2>/dev/null || true
    tests/lab/sshd down "$ground" || true
    umount -l "$ground/one" "$ground/two" || true
    rm -rf "$ground"
}
trap end EXIT

for disk in one two; do
    truncate -s $((size * 8))M "$ground/$disk.img"
    mkfs.btrfs -q -f "$ground/$disk.img" >/dev/null 2>&1
    mkdir "$ground/$disk"
    mount -o loop,noatime "$ground/$disk.img" "$ground/$disk"
done
tests/lab/sshd up "$ground" 2 "$port" 2>/dev/null
echo "PATH=$(dirname "$wharf"):\$PATH" >"$ground/home/.bashrc"
printf 'ssh_config: ./ssh_config\nnodes:\n  two: 127.44.0.2\nservices: []\n' >"$ground/cluster.yaml"
shell="ssh -F $ground/ssh_config -o ControlMaster=auto -o ControlPath=$ground/run/mux-%C -o ControlPersist=10m"
volume=$WHARF_VOLUMES/volumes/db

seconds() {
    local begun=$EPOCHREALTIME
    "$@" >"$ground/out" 2>"$ground/err" || { cat "$ground/err" >&2; exit 1; }
    awk -v a="$begun" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.2f\n", b - a }'
}

replicate() { "$wharf" volume replicate two db -f "$ground/cluster.yaml" --peer-root "$ground/two/wharf" --json; }
# Both bring theirs to the disk, as wharf does before it says that it is there.
copied() { rsync -a --numeric-ids -e "$shell" "$volume/" "127.44.0.2:$ground/two/rsync/" && btrfs filesystem sync "$ground/two"; }
whole() {
    local newest
    newest=$(find "$WHARF_VOLUMES/snapshots" -maxdepth 1 -name 'db@*' | sort | tail -n 1)
    $shell 127.44.0.2 "rm -rf $ground/two/all; mkdir $ground/two/all"
    btrfs send -q "$newest" | $shell 127.44.0.2 "btrfs receive -q $ground/two/all"
    btrfs filesystem sync "$ground/two"
    $shell 127.44.0.2 "btrfs subvolume delete $ground/two/all/*" >/dev/null
}
change() {
    local number name
    for number in $(seq 10); do
        name=$((RANDOM % (size / file)))
        dd if=/dev/urandom of="$volume/$name" bs=1M count=1 seek=$((RANDOM % file)) conv=notrunc status=none
    done
    echo "$1" >"$volume/round"
}
middle() { sort -n | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }'; }

"$wharf" volume create db >/dev/null
mkdir "$ground/two/rsync"
for ((number = 0; number < size / file; number++)); do
    dd if=/dev/urandom of="$volume/$number" bs=1M count=$file status=none
done
sync
$shell 127.44.0.2 true
echo "| $size MiB that nothing makes smaller, over ssh on loopback | wharf | rsync | \`btrfs send\` of all of it |"
echo '|---|---|---|---|'
first=$(seconds replicate)
echo "| for the first time | $first s | $(seconds copied) s | $(seconds whole) s |"
for ((round = 0; round < rounds; round++)); do
    change "$round"
    seconds replicate >>"$ground/wharf"
    jq .bytes "$ground/out" >>"$ground/bytes"
    seconds copied >>"$ground/rsync"
    seconds whole >>"$ground/send"
done
echo "| 10 MiB changed in ten places; median of $rounds | $(middle <"$ground/wharf") s | $(middle <"$ground/rsync") s | $(middle <"$ground/send") s |"
for ((round = 0; round < rounds; round++)); do
    seconds replicate >>"$ground/idle"
    seconds copied >>"$ground/idle-rsync"
done
echo "| nothing changed; median of $rounds | $(middle <"$ground/idle") s | $(middle <"$ground/idle-rsync") s | |"
echo
echo "wharf sent $(middle <"$ground/bytes") bytes for 10 MiB."
