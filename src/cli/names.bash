
# Services and nodes, as the file that was typed has them, or this host.
_wharf_names() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
    local command=${COMP_WORDS[1]} kind='' kept='' name index
    local -a files=()
    _wharf "$@"
    [[ $COMP_CWORD -ge 2 ]] || return 0
    if [[ $before == --nodes ]]; then
        kind=nodes
    elif [[ $word != -* && ' @VALUES@ ' != *" $command:$before "* ]]; then
        [[ ' @SERVICES@ ' == *" $command "* ]] && kind=services
        [[ ' @NODES@ ' == *" $command "* ]] && kind=nodes
    fi
    [[ $kind ]] || return 0
    for ((index = 2; index < COMP_CWORD; index++)); do
        if [[ ' @FILES@ ' == *" $command:${COMP_WORDS[index]} "* ]]; then
            name=${COMP_WORDS[index + 1]}
            [[ $name == = ]] && name=${COMP_WORDS[index + 2]}
            # Where -f follows, -F names the file.
            files+=("${COMP_WORDS[index]/#-F/-f}" "${name/#\~\//$HOME/}")
        fi
    done
    # Of a list only what stands behind the last comma is still being typed.
    [[ $kind == nodes && $word == *,* ]] && kept=${word%,*},
    while IFS= read -r name; do
        [[ $kept$name == "$word"* ]] && COMPREPLY+=("$kept$name")
    done < <("$1" complete "$kind" "${files[@]}" 2>/dev/null)
    return 0
}
complete -F _wharf_names -o nosort -o bashdefault -o default wharf 2>/dev/null ||
    complete -F _wharf_names -o bashdefault -o default wharf
