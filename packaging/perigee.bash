# bash completion for perigee: the program itself says what may stand there.

_perigee() {
    local cur=${COMP_WORDS[COMP_CWORD]} word i n
    local -a words=() offered=()

    # bash cuts words at '=' and ':', which stand in options and addresses: they are joined again.
    for ((i = 1; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        n=${#words[@]}
        if ((n > 0)) && [[ $word == ":" || ${words[n - 1]} == *: ]]; then
            words[n - 1]+=$word
        elif [[ $word == "=" ]]; then
            [[ $i == "$COMP_CWORD" ]] && words+=("")
        else
            words+=("$word")
        fi
    done
    [[ $cur == "=" ]] && cur=
    mapfile -t offered < <("${COMP_WORDS[0]}" complete-words "${words[@]}" 2>/dev/null)
    COMPREPLY=()
    case ${offered[0]-} in
    :files)
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$cur")
        ;;
    :folders)
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -d -- "$cur")
        ;;
    *)
        for word in "${offered[@]}"; do
            [[ $word == "$cur"* ]] && COMPREPLY+=("$(printf '%q' "$word")")
        done
        ;;
    esac
}

complete -F _perigee perigee
