# Leases of services on this node, one after the other. Set before: seconds; after: one call per service.
# Each answers with a line: WHAT SERVICE NOW TEXT
dir=/run/wharf/leases
mkdir -p "$dir" && exec 9>"$dir/.lock" && flock -w 5 9 || exit 1
now=$(date +%s)
until=$((now + seconds))

write() {
    printf '%s,"since":%s,"until":%s}\n' "$2" "$3" "$until" >"$dir/.new" && mv -f "$dir/.new" "$dir/$1"
}

# SERVICE EXPECTED NEW: takes it while what is there is what was expected.
take() {
    old=$(cat "$dir/$1" 2>/dev/null)
    if [ "$old" = "$2" ] && write "$1" "$3" "$now"; then
        printf 'taken %s %s\n' "$1" "$now"
    else
        printf 'held %s %s %s\n' "$1" "$now" "$old"
    fi
}

# SERVICE OWN SINCE: renews it while it is ours.
renew() {
    old=$(cat "$dir/$1" 2>/dev/null)
    case $old in
        "$2"*) write "$1" "$2" "$3" && printf 'taken %s %s\n' "$1" "$now" ;;
        *) printf 'held %s %s %s\n' "$1" "$now" "$old" ;;
    esac
}

# SERVICE OWN: gives it back; without OWN whoever holds it.
release() {
    old=$(cat "$dir/$1" 2>/dev/null)
    case $old in
        "$2"*) rm -f "$dir/$1" && printf 'released %s %s %s\n' "$1" "$now" "$old" ;;
        *) printf 'held %s %s %s\n' "$1" "$now" "$old" ;;
    esac
}

list() {
    for file in "$dir"/*; do
        [ ! -f "$file" ] || printf 'held %s %s %s\n' "${file##*/}" "$now" "$(cat "$file")"
    done
}

