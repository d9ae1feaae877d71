#!/bin/sh
# The starter board dialled by the telnet programs that people have, inside tmux: what they show
# is compared, screen by screen. Says its results as TAP.
set -u

program=${BUILD:-build}/perigee
temp=$(mktemp -d) || exit 1
socket=perigee-$$
server=
trap 'end' EXIT
trap 'exit 1' INT TERM

end() {
    tmux -L "$socket" kill-server 2>/dev/null
    [ -z "$server" ] || kill "$server" 2>/dev/null
    wait 2>/dev/null
    rm -rf "$temp"
}

fail() {
    echo "not ok - $1"
    echo "# $2"
    exit 1
}

# wait_for TEXT COMMAND...: until the command's output has it; 20 seconds at most.
wait_for() {
    text=$1
    shift
    tries=200
    until "$@" 2>/dev/null | grep -qF -- "$text"; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || {
            "$@" | sed 's/^/# /'
            fail "$text" "it did not come"
        }
        sleep 0.1
    done
}

show() {
    tmux -L "$socket" capture-pane -p -e -t call
}

press() {
    tmux -L "$socket" send-keys -t call "$@"
}

# Digits differ from call to call: dates, times, counts.
keep() { # NAME
    show | sed 's/[0-9]/0/g' >"$temp/$1"
}

# see KEYS TEXT NAME: press, wait until the text is there, and keep what is shown.
see() {
    press "$1"
    wait_for "$2" show
    keep "$3"
}

# call PROGRAM COMMAND
call() {
    tmux -L "$socket" -f /dev/null new-session -d -s call -x 80 -y 25 "$2"
    wait_for "Handle:" show
    keep "$1.root"
    press luna Enter
    wait_for "Password:" show
    press moonmoon Enter
    wait_for "which key?" show
    keep "$1.menu"
    see y "back to the menu" "$1.profile"
    see n "New nick name:" "$1.nick"
    press Escape
    wait_for "back to the menu" show
    see q "which key?" "$1.again"
    see h "Press any key" "$1.help"
    tmux -L "$socket" kill-session -t call
    wait_for "0 now" "$program" status --board . --data "$temp/data"
}

echo "1..6"
echo moonmoon | "$program" user add luna --password-stdin --data "$temp/data" >/dev/null ||
    fail "an account" "user add failed"
"$program" serve --board . --data "$temp/data" --listen 127.0.0.1:0 2>"$temp/log" >/dev/null &
server=$!
wait_for "listening telnet" cat "$temp/log"
port=$(sed -n 's/.*listening telnet 127\.0\.0\.1:\([0-9]*\).*/\1/p' "$temp/log")
call telnet "telnet 127.0.0.1 $port"
call plink "plink -telnet -P $port 127.0.0.1"

for screen in root menu profile nick again help; do
    # telnet itself writes three lines above the first screen, which clears the window.
    if cmp -s "$temp/telnet.$screen" "$temp/plink.$screen"; then
        echo "ok - telnet and plink show the same: $screen"
    else
        echo "not ok - telnet and plink show the same: $screen"
        diff "$temp/telnet.$screen" "$temp/plink.$screen" | sed 's/^/# /'
    fi
done
