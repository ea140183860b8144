# One job of a service made of a unit and scripts. systemd runs it, so that it ends whoever goes away.
name=$1
job=$2
dir=/var/lib/wharf/scripts/.$name
record=/var/lib/wharf/scripts/$name
unit=/etc/systemd/system/$name.service
exec >>"$dir/output" 2>&1 </dev/null
umask 022
HOME=$(getent passwd 0 | cut -d: -f6)
export HOME="${HOME:-/root}"
cd "$HOME" || cd /

end() {
    printf '%s %s\n' "$1" "$2" >"$dir/exit.new" && mv -f "$dir/exit.new" "$dir/exit"
    [ "$1" = 0 ] && sentence="$job of $name is done" || sentence="$job of $name failed: $2"
    {
        printf 'MESSAGE=%s\nPRIORITY=6\nSYSLOG_IDENTIFIER=wharf\n' "$sentence"
        printf 'WHARF_SERVICE=%s\nWHARF_EVENT=deployed\n' "$name"
        cat "$dir/about"
    } | logger --journald 2>/dev/null
    exit "$1"
}

# The exit code of the deploy script, or nothing while it runs.
note() {
    sum=$(sha256sum <"$dir/new/deploy")
    printf 'script=%s\nexit=%s\nwhen=%s\nwho=%s\n' \
        "${sum%% *}" "$1" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$(cat "$dir/who")" >"$dir/record.new" &&
        chmod 644 "$dir/record.new" && mv -f "$dir/record.new" "$record"
}

# What the way back leads to; after a job that was cut off that is still what was before it.
keep() {
    ! grep -qs '^exit=$' "$record" || return
    rm -rf "$dir/before"
    mkdir "$dir/before" || end 1 'there is no room for what was there before'
    [ ! -f "$unit" ] || cp -p "$unit" "$dir/before/unit" || end 1 'its unit cannot be kept'
    [ ! -f "$record" ] || cp -p "$record" "$dir/before/record"
    [ ! -f "$dir/deploy" ] || cp -p "$dir/deploy" "$dir/before/deploy"
    ! systemctl is-active -q "$name.service" || : >"$dir/before/active"
    ! systemctl is-enabled -q "$name.service" 2>/dev/null || : >"$dir/before/enabled"
}

place() {
    cp "$1" "$unit.wharf-new" && chmod 644 "$unit.wharf-new" && mv -f "$unit.wharf-new" "$unit" ||
        end 1 "its unit cannot be written to $unit"
    systemctl daemon-reload || end 1 'systemd does not read its units again'
}

# A program that ends at once has failed, though systemd could start it.
up() {
    echo "starting $name.service"
    if systemctl restart "$name.service"; then
        sleep 2
        case $(systemctl show -p ActiveState,SubState "$name.service" | tr '\n' ' ') in
            *=failed*|*=auto-restart*) ;;
            *) return ;;
        esac
    fi
    journalctl -q -n 20 --no-pager -o cat -u "$name.service"
    end 1 "its unit does not run: $(systemctl show -p Result --value "$name.service")"
}

deploy() {
    [ ! -f "$dir/new/unit" ] || place "$dir/new/unit"
    if [ -f "$dir/new/deploy" ]; then
        note ''
        bash "$dir/new/deploy"
        e=$?
        note "$e"
        [ "$e" = 0 ] || end "$e" "its deploy script ended with $e"
        cp "$dir/new/deploy" "$dir/deploy"
    fi
    [ -f "$dir/new/unit" ] || return
    systemctl enable -q "$name.service" 2>/dev/null
    up
}

delete() {
    [ ! -f "$dir/new/unit" ] || systemctl disable -q --now "$name.service" 2>/dev/null
    if [ -f "$dir/new/delete" ]; then
        bash "$dir/new/delete"
        e=$?
        [ "$e" = 0 ] || end "$e" "its delete script ended with $e"
    fi
    rm -f "$record"
}

# sc put units below /lib; one that a package brought is the package's.
forget() {
    [ -f "$dir/new/unit" ] || return
    rm -f "$unit"
    old=/lib/systemd/system/$name.service
    if [ -f "$old" ] && command -v dpkg >/dev/null && ! dpkg -S "$old" "/usr$old" >/dev/null 2>&1; then
        rm -f "$old"
    fi
    systemctl daemon-reload
    systemctl reset-failed "$name.service" 2>/dev/null
}

back() {
    if [ -f "$dir/before/unit" ]; then
        place "$dir/before/unit"
    elif [ -f "$dir/new/unit" ]; then
        systemctl disable -q --now "$name.service" 2>/dev/null
        forget
    fi
    if [ ! -f "$dir/new/deploy" ]; then
        :
    elif [ ! -f "$dir/before/deploy" ]; then
        rm -f "$dir/deploy"
        echo 'what its deploy script did stays: there is none from before to run again'
    elif ! cmp -s "$dir/before/deploy" "$dir/new/deploy"; then
        echo 'running the deploy script from before again'
        bash "$dir/before/deploy" || end 1 "the deploy script from before ended with $?"
        cp -p "$dir/before/deploy" "$dir/deploy"
    fi
    if [ -f "$dir/before/record" ]; then cp -p "$dir/before/record" "$record"; else rm -f "$record"; fi
    if [ -f "$dir/before/enabled" ]; then systemctl enable -q "$name.service" 2>/dev/null; fi
    if [ -f "$dir/before/active" ]; then up; else systemctl stop "$name.service" 2>/dev/null; fi
}

case $job in
    deploy) keep; deploy ;;
    renew) keep; delete; deploy ;;
    delete) delete; forget; rm -rf "$dir/before" "$dir/deploy" ;;
    back) back ;;
esac
end 0 ''
