#!/usr/bin/env bash
# Many hosts asked at once: wharf beside clush, parallel-ssh and ansible, on sshds of this machine's loopback.
# HOSTS=100, ROUNDS=3, MANY='100 300 1000' (wharf alone), WHARF=a binary.
set -euo pipefail
cd "$(dirname "$0")/.."
wharf=$(realpath "${WHARF:-target/wharf}")
hosts=${HOSTS:-100} rounds=${ROUNDS:-3} many=${MANY-100 300 1000}
ground=$(mktemp -d /tmp/wharf-bench.XXXXXX)
port=2291
export XDG_RUNTIME_DIR=$ground/run ANSIBLE_SSH_CONTROL_PATH_DIR=$ground/ansible
mkdir -m 700 "$XDG_RUNTIME_DIR"
status=("$wharf" status -f "$ground/cluster.yaml" --json --timeout 60)

address() { echo "127.44.$(($1 / 250)).$(($1 % 250 + 1))"; }

# Connections kept open, by wharf or by the others, are closed; what is left of them goes with its sshd.
forget() {
    local socket
    for socket in "$XDG_RUNTIME_DIR"/wharf/ssh-* "$ground"/mux-* "$ground"/ansible/*; do
        [[ ! -S $socket ]] || ssh -o ControlPath="$socket" -O exit none 2>/dev/null || true
    done
}

end() {
    forget
    tests/lab/sshd down "$ground"
    rm -rf "$ground"
}
trap end EXIT

# Everything one needs to reach the first COUNT hosts.
meant() {
    local number
    {
        echo "ssh_config: $ground/ssh_config"
        echo 'nodes:'
        for ((number = 0; number < $1; number++)); do echo "  h$number: $(address "$number")"; done
        echo 'services:'
        echo '  - name: dbus'
        echo '    nodes:'
        for ((number = 0; number < $1; number++)); do echo "      - h$number"; done
    } >"$ground/cluster.yaml"
    for ((number = 0; number < $1; number++)); do address "$number"; done >"$ground/hosts"
}

# Seconds by the clock, and the largest process in MiB. wharf's status ends with what it thinks of the hosts; here
# it only matters that all of them answered.
timed() {
    local begun ended code=0
    begun=$EPOCHREALTIME
    /usr/bin/env time -q -f '%M' -o "$ground/memory" "$@" >"$ground/out" 2>"$ground/err" || code=$?
    ended=$EPOCHREALTIME
    if [[ "$1 $2" == "$wharf status" ]]; then
        [[ $(jq '[.nodes[] | select(.host)] | length' "$ground/out") == "$(wc -l <"$ground/hosts")" ]] ||
            trouble "wharf: not all answered: $(jq -c '[.nodes[].unreached | select(.)][0]' "$ground/out")"
    elif ((code != 0)); then
        trouble "$1 ended with $code: $(tail -n 1 "$ground/err")"
    fi
    awk -v a="$begun" -v b="$ended" -v m="$(tail -n 1 "$ground/memory")" 'BEGIN { printf "%.2f s, %d MiB\n", b - a, m / 1024 }'
}

trouble() { echo "$*" >>"$ground/trouble"; }

row() {
    local round name=$1 cold=
    shift
    forget
    cold=$(timed "$@")
    for ((round = 1; round <= rounds; round++)); do printf '%-14s %-18s %s\n' "$name" "$cold" "$(timed "$@")"; done
}

side_by_side() {
    printf 'Host *\n ControlMaster auto\n ControlPersist 60\n ControlPath %s/mux-%%C\nInclude %s/ssh_config\n' \
        "$ground" "$ground" >"$ground/kept"
    meant "$hosts"
    printf -- '== %s hosts, 64 at once: cold, then with connections kept (%s rounds)\n' "$hosts" "$rounds"
    row 'wharf status' "${status[@]}"
    # The same command as the others have, without what status finds out.
    row 'wharf ssh' "$wharf" ssh -f "$ground/cluster.yaml" '*' cat /proc/loadavg
    row clush clush --hostfile "$ground/hosts" -f 64 -o "-F $ground/kept" cat /proc/loadavg
    row parallel-ssh parallel-ssh -h "$ground/hosts" -p 64 -t 60 -x "-F $ground/kept" cat /proc/loadavg
    row ansible ansible all -i "$ground/hosts" -f 64 -m ping "--ssh-common-args=-F $ground/ssh_config" \
        -e ansible_python_interpreter=/usr/bin/python3
}

growing() {
    local count
    printf -- '== wharf alone, more hosts: cold, then with connections kept\n'
    for count in $many; do
        forget
        meant "$count"
        printf '%-14s %-18s' "$count hosts" "$(timed "${status[@]}")"
        timed "${status[@]}"
    done
}

most() {
    local count most=$hosts
    for count in $many; do ((count <= most)) || most=$count; done
    echo "$most"
}

tests/lab/sshd up "$ground" "$(most)" "$port"
side_by_side
growing
[[ ! -e $ground/trouble ]] || { sort "$ground/trouble" | uniq -c >&2; exit 1; }
