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
        echo "taken $1 $now"
    else
        echo "held $1 $now $old"
    fi
}

# SERVICE OWN SINCE: renews it while it is ours.
renew() {
    old=$(cat "$dir/$1" 2>/dev/null)
    case $old in
        "$2"*) write "$1" "$2" "$3" && echo "taken $1 $now" ;;
        *) echo "held $1 $now $old" ;;
    esac
}

# SERVICE OWN: gives it back; without OWN whoever holds it.
release() {
    old=$(cat "$dir/$1" 2>/dev/null)
    case $old in
        "$2"*) rm -f "$dir/$1" && echo "released $1 $now $old" ;;
        *) echo "held $1 $now $old" ;;
    esac
}

list() {
    for file in "$dir"/*; do
        [ ! -f "$file" ] || echo "held ${file##*/} $now $(cat "$file")"
    done
}

