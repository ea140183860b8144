# Starts a job of a service made of a unit and scripts, or finds it at work, and follows it to its end.
# Set before: name job mark who about has text_unit text_deploy text_delete text_run
main() {
    dir=/var/lib/wharf/scripts/.$name
    run=wharf-script-$name.service
    umask 077
    mkdir -p "$dir" || exit 1
    if systemctl is-active -q "$run"; then
        if [ "$(cat "$dir/mark")" != "$mark" ]; then
            echo "another script of $name is at work there, started by $(cat "$dir/who")" >&2
            exit 1
        fi
    else
        begin || exit 1
    fi
    follow
    read -r code words <"$dir/exit" || { code=1 words='it was cut off before its end'; }
    [ "$code" = 0 ] || { echo "$words" >&2; exit 1; }
}

begin() {
    if [ "$job" != back ]; then
        rm -rf "$dir/new"
        mkdir "$dir/new" || return 1
        case $has in *unit*) printf %s "$text_unit" >"$dir/new/unit" || return 1 ;; esac
        case $has in *deploy*) printf %s "$text_deploy" >"$dir/new/deploy" || return 1 ;; esac
        case $has in *delete*) printf %s "$text_delete" >"$dir/new/delete" || return 1 ;; esac
    fi
    printf %s "$text_run" >"$dir/run" &&
        printf %s "$mark" >"$dir/mark" &&
        printf %s "$who" >"$dir/who" &&
        printf %s "$about" >"$dir/about" &&
        : >"$dir/output" &&
        rm -f "$dir/exit" &&
        systemd-run -q --collect --unit="$run" --description="wharf: $job $name" \
            --property=RuntimeMaxSec=3600 sh "$dir/run" "$name" "$job"
}

# What is there of the output, then what comes, until the job has ended.
follow() {
    at=0
    on=1
    while [ "$on" = 1 ]; do
        systemctl is-active -q "$run" || on=0
        size=$(wc -c <"$dir/output")
        if [ "$size" -gt "$at" ]; then
            tail -c "+$((at + 1))" "$dir/output" | head -c "$((size - at))"
            at=$size
        fi
        [ "$on" = 0 ] || sleep 0.3
    done
}

main </dev/null
