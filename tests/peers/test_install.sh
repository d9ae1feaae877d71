#!/bin/sh
# make install, and what is installed: it is served read-only from another folder by somebody
# without privileges, its manual can be read, its completion completes, its units are sound.
# Says its results as TAP.
set -u
unset MAKEFLAGS MAKELEVEL MFLAGS # of the make that runs the tests

build=${BUILD:-build}
temp=$(mktemp -d) || exit 1
chmod 755 "$temp"
socket=perigee-install-$$
server=
count=0
trap 'end' EXIT
trap 'exit 1' INT TERM

end() {
    tmux -L "$socket" kill-server 2>/dev/null
    [ -z "$server" ] || kill "$server" 2>/dev/null
    wait 2>/dev/null
    chmod -R u+w "$temp" 2>/dev/null
    rm -rf "$temp"
}

ok() { # NAME
    count=$((count + 1))
    echo "ok $count - $1"
}

not_ok() { # NAME FILE: with what the file says
    count=$((count + 1))
    echo "not ok $count - $1"
    sed 's/^/# /' "$2"
}

skip() { # NAME WHY
    count=$((count + 1))
    echo "ok $count - $1 # SKIP $2"
}

# check NAME COMMAND...: it succeeds, and says nothing.
check() {
    name=$1
    shift
    if "$@" >"$temp/said" 2>&1 </dev/null && [ ! -s "$temp/said" ]; then
        ok "$name"
    else
        not_ok "$name" "$temp/said"
    fi
}

has() { # COMMAND
    command -v "$1" >/dev/null 2>&1
}

# wait_for TEXT COMMAND...: until the command's output has it; 20 seconds at most.
wait_for() {
    text=$1
    shift
    tries=200
    until "$@" 2>/dev/null | grep -qF -- "$text"; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || {
            echo "there is no '$text' in:"
            "$@"
            return 1
        }
        sleep 0.1
    done
}

show() {
    tmux -L "$socket" capture-pane -p -t call
}

# --- installing ---

# What was built, whatever it was built from since: other tests run it now.
make_it() { # TARGET
    sanitizers=
    [ "$build" = build/san ] && sanitizers=1
    make -s SAN=$sanitizers PREFIX="$prefix" DESTDIR="$dest" -o "$build/perigee" "$1"
}

# Of the board's folders each file, with x where it is a program.
list_board() { # FOLDER
    (cd "$1" && find lua screens doors -type f ! -name '.*' -perm -100 -printf '%p x\n' \
        -o -type f ! -name '.*' -printf '%p\n' | sort)
}

same_board() {
    list_board . >"$temp/here"
    list_board "$dest$prefix/share/perigee" >"$temp/there"
    diff "$temp/here" "$temp/there"
}

# Who serves the board where it is installed has the data there.
keep_data() {
    data="$dest$prefix/share/perigee/data"
    mkdir "$data" && echo moon >"$data/perigee.db" || return 1
    make_it install && make_it uninstall
    cat "$data/perigee.db" >"$temp/kept" && rm -r "$dest$prefix/share/perigee"
}

# --- serving ---

# By somebody without privileges, who may write nothing of what is installed.
as_nobody=
[ "$(id -u)" -ne 0 ] || as_nobody="setpriv --reuid=65534 --regid=65534 --clear-groups"

move_away() {
    mkdir "$temp/elsewhere" "$temp/data" || return 1
    cp -R "$dest$prefix/." "$temp/elsewhere" || return 1
    chmod -R a-w,a+rX "$temp/elsewhere"
    [ "$(id -u)" -ne 0 ] || chown 65534:65534 "$temp/data"
}

serve() {
    echo moonmoon | $as_nobody "$installed" user add luna --password-stdin \
        --board "$board" --data "$temp/data" >/dev/null || return 1
    $as_nobody "$installed" serve --board "$board" --data "$temp/data" \
        --listen 127.0.0.1:0 2>"$temp/log" >/dev/null &
    server=$!
    wait_for "listening telnet" cat "$temp/log"
}

# dial ADDRESS PORT: log in, come to the menu, and hang up.
dial() {
    tmux -L "$socket" -f /dev/null new-session -d -s call -x 80 -y 25 "telnet $1 $2" &&
        wait_for "Handle:" show || return 1
    tmux -L "$socket" send-keys -t call luna Enter
    wait_for "Password:" show || return 1
    tmux -L "$socket" send-keys -t call moonmoon Enter
    wait_for "which key?" show || return 1
    tmux -L "$socket" kill-session -t call
}

serve_and_dial() {
    serve && dial 127.0.0.1 "$(sed -n 's/.*listening telnet 127\.0\.0\.1:\([0-9]*\).*/\1/p' \
        "$temp/log")"
}

stop() {
    kill "$server"
    wait "$server"
    status=$?
    server=
    return "$status"
}

# --- the manual ---

renders() { # FILE
    groff -man -Tutf8 -ww -z "$1"
}

names_all() {
    "$installed" help | sed -n 's/^  \([a-z]*\) .*/\1/p' | while read -r name; do
        grep -qxF ".SS \"$name\"" "$man/man1/perigee.1" || echo "perigee(1) has no $name"
    done
    "$installed" help settings | sed -n 's/^  \([a-z_.]*\) = .*/\1/p' | while read -r name; do
        grep -qF "fB$name\\fR" "$man/man5/perigee-settings.5" ||
            echo "perigee-settings(5) has no $name"
    done
}

# --- completion ---

# completes EXPECTED WORD...: it is among what is offered for the last word.
completes() {
    expected=$1
    shift
    bash -c '. "$1"
        shift
        COMP_WORDS=("$@")
        COMP_CWORD=$(($# - 1))
        _perigee
        printf "%s\n" "${COMPREPLY[@]}"' bash \
        "$share/bash-completion/completions/perigee" "$installed" "$@" >"$temp/offered" 2>&1
    grep -qxF -- "$expected" "$temp/offered" || {
        echo "no $expected for: $*"
        cat "$temp/offered"
    }
}

completion() {
    completes explain exp
    completes --charset show menu --ch
    completes cp437 show --charset c
    completes sysop/desk show --board "$board" sys
    completes level user le
    completes luna user level --board "$board" --data "$temp/data" ""
    completes texts files list --board "$board" t
    completes files/art explain --board "$board" files/
    completes README.md check --with READ
    completes screens show --board scr
}

# --- systemd ---

# As it is installed, but that its program is where the unit says.
make_units() {
    mkdir "$temp/units" || return 1
    for unit in perigee.service perigee.socket; do
        sed "s|$prefix/bin|$temp/elsewhere/bin|" "$temp/elsewhere/lib/systemd/system/$unit" \
            >"$temp/units/$unit" || return 1
    done
}

verify_units() {
    make_units && systemd-analyze verify --man=no "$temp/units/perigee.service" \
        "$temp/units/perigee.socket"
}

# 0 is closed, 100 is open to all; what is left: see the comments of perigee.service.
is_hardened() {
    systemd-analyze security --no-pager --offline=true --threshold=25 \
        "$temp/units/perigee.service" >"$temp/security" 2>&1 || cat "$temp/security"
}

# In a system of its own: a folder.
make_user() {
    mkdir -p "$temp/root/etc"
    systemd-sysusers --root="$temp/root" "$temp/elsewhere/lib/sysusers.d/perigee.conf" \
        2>"$temp/users" || cat "$temp/users"
    grep -q '^perigee:.*:/var/lib/perigee:' "$temp/root/etc/passwd" || echo "there is no user"
}

make_home() {
    systemd-tmpfiles --root="$temp/root" --create \
        "$temp/elsewhere/lib/tmpfiles.d/perigee.conf" || return 1
    [ "$(stat -c %a "$temp/root/var/lib/perigee")" = 750 ] || echo "it has another mode"
}

# By a socket as perigee.socket has one. Its port has to be said before: one below those that
# the system gives to whoever wants any.
activate() {
    port=$((20000 + $$ % 12000))
    $as_nobody systemd-socket-activate --listen="127.0.0.1:$port" --fdname=telnet \
        "$installed" serve --board "$board" --data "$temp/data" 2>"$temp/log" >/dev/null &
    server=$!
    wait_for "Listening on" cat "$temp/log" && dial 127.0.0.1 "$port" && stop
}

# --- all of it ---

dest=$temp/dest
prefix=$(cat "$build/prefix" 2>/dev/null || echo /usr/local)
installed=$temp/elsewhere/bin/perigee
share=$temp/elsewhere/share
board=$share/perigee
man=$share/man

check "make install" make_it install
check "the starter board is there, with programs as programs" same_board
check "it can be copied elsewhere" move_away
if has telnet && has tmux; then
    check "it is served read-only from there, and can be dialled" serve_and_dial
    check "it stops" stop
    if has systemd-socket-activate && grep -q LISTEN_FDS "$installed"; then
        check "it is served by a socket that systemd has opened" activate
    else
        skip "it is served by a socket that systemd has opened" "that can't be done here"
    fi
else
    skip "it is served read-only from there" "no telnet, or no tmux"
fi
check "the manual names all commands and settings" names_all
if has groff; then
    check "perigee(1) is sound" renders "$man/man1/perigee.1"
    check "perigee-settings(5) is sound" renders "$man/man5/perigee-settings.5"
else
    skip "the manual's pages are sound" "no groff"
fi
if has bash; then
    check "bash completes" completion
else
    skip "bash completes" "no bash"
fi
if has systemd-analyze; then
    check "the units are sound" verify_units
    check "the service is hardened" is_hardened
    check "its user is made" make_user
    if [ "$(id -u)" -eq 0 ]; then
        check "its home is made" make_home
    else
        skip "its home is made" "only root gives folders away"
    fi
else
    skip "the units are sound" "no systemd-analyze"
fi
check "make install and uninstall leave data alone" keep_data
check "make uninstall" make_it uninstall
check "nothing is left" find "$dest" -type f
echo "1..$count"
