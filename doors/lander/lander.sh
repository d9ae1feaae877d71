#!/bin/sh
# Moon Lander: a door game in sh. lander.sh DOOR.SYS KEEP
#
# DOOR.SYS is the drop file of the call: the player's name, the time left, ANSI or not. KEEP is a
# folder that stays, for the best landings. The terminal reads CP437.
#
# Each turn the player burns 0 to 9 units of fuel, each of which makes the lander slower by 1 m/s;
# gravity makes it faster by 3. It has landed when the altitude is gone, softly below 4 m/s.
#
# An example of a door: copy it. It starts no other program with what the player types.

drop=${1:?usage: lander.sh DOOR.SYS KEEP}
keep=${2:?usage: lander.sh DOOR.SYS KEEP}
scores=$keep/scores

GRAVITY=3
SOFT=3
HARD=7
BEST=10
ctrl_c=$(printf '\003') # a key like others, wherever the shell is

# --- the caller ---

# line N: of the drop file, whose lines end with CR LF.
line() {
    sed -n "$1{s/[[:cntrl:]|]//g;p;}" "$drop"
}

[ -r "$drop" ] || { echo "lander: there is no drop file $drop"; exit 1; }
name=$(line 36)
seconds=$(line 18)
began=$(date +%s)

# look_at_window: whether there is room for the picture now; the window may change.
look_at_window() {
    graphics=$(line 20)
    columns=$(stty size 2>/dev/null)
    columns=${columns#* }
    [ "${columns:-80}" -ge 70 ] || graphics=NG
}

time_left() {
    left=$((seconds - $(date +%s) + began))
}

# read_key: one key in $key; the game is over when nobody is there.
read_key() {
    key=$(dd bs=1 count=1 2>/dev/null; echo .)
    key=${key%.}
    [ -n "$key" ] || exit 0
}

# --- drawing ---

at() {
    [ "$graphics" != GR ] || printf '\033[%d;%dH' "$2" "$1"
}

color() {
    [ "$graphics" != GR ] || printf '\033[0;%sm' "$1"
}

clear_screen() {
    if [ "$graphics" = GR ]; then
        printf '\033[0m\033[2J\033[H'
    else
        printf '\n\n'
    fi
}

title() {
    look_at_window
    clear_screen
    color '1;37'
    echo " M O O N   L A N D E R"
    color 36
    if [ "$graphics" = GR ]; then
        printf ' '
        for _ in 1 2 3 4 5 6 7 8 9 10 11; do printf '\304\304\304\304\304\304'; done
        printf '\n'
    fi
    color 37
}

# The column of the sky, 12 rows of which the lowest is the ground, and the lander in it.
draw_sky() {
    row=$((4 + (top - altitude) * 11 / top))
    [ "$row" -gt 15 ] && row=15
    [ "$row" -lt 4 ] && row=4
    [ -n "$old_row" ] && { at 50 "$old_row"; printf '   '; at 50 $((old_row + 1)); printf '   '; }
    color '1;37'
    at 50 "$row"
    printf '/\333\\'
    if [ "$burn" -gt 0 ] && [ "$row" -lt 15 ]; then
        color '1;33'
        at 51 $((row + 1))
        printf '\262'
    fi
    color 33
    at 40 16
    printf '\333\333\262\333\333\333\262\262\333\333\333\333\333\333\262\333\333\333\262\333\333\333\333'
    old_row=$row
}

gauge() {
    color 36
    at 4 "$1"
    printf '%-12s' "$2"
    color '1;37'
    printf '%5d %-4s' "$3" "$4"
}

draw() {
    time_left
    if [ "$graphics" != GR ]; then
        printf '%d m high, %d m/s, fuel %d. Burn? ' "$altitude" "$speed" "$fuel"
        return
    fi
    gauge 5 Altitude "$altitude" m
    gauge 7 Speed "$speed" m/s
    gauge 9 Fuel "$fuel" units
    gauge 11 'Last burn' "$burn" ''
    gauge 13 'Time left' $((left / 60)) min
    draw_sky
    color 37
    at 4 18
    printf 'Burn how much? 0 to 9, Q quits '
}

# --- the best landings: POINTS|NAME|DATE|SITE, the best first ---

show_best() {
    color '1;36'
    echo "  The best landings"
    color 37
    if [ -s "$scores" ]; then
        awk -F'|' -v wide="$graphics" '
            { printf "  %2d. %6d  %-20.20s", NR, $1, $2 }
            wide == "GR" { printf " %s  %s", $3, $4 }
            { print "" }' "$scores"
    else
        echo "  Nobody has landed yet."
    fi
}

# add_score POINTS: the file is replaced as a whole, so that nobody reads half of it.
add_score() {
    new=$scores.$$
    {
        [ -f "$scores" ] && cat "$scores"
        echo "$1|$name|$(date +%Y-%m-%d)|$site"
    } | sort -t'|' -k1,1nr | head -n "$BEST" >"$new" && mv -f "$new" "$scores" && return
    rm -f "$new"
    echo "  (The list could not be written.)"
}

# --- a flight ---

choose_site() {
    title
    echo
    show_best
    echo
    echo "  1  Sea of Tranquility  much fuel"
    echo "  2  Tycho               high and fast"
    echo "  3  The far side        who knows?"
    echo
    time_left
    echo "  You have $((left / 60)) minutes. 1 to 3, Q quits."
    printf '  Where to, %s? ' "$name"
    while :; do
        read_key
        case $key in
        1) site='Sea of Tranquility' altitude=200 speed=10 fuel=70 ;;
        2) site='Tycho' altitude=400 speed=30 fuel=110 ;;
        3) site='The far side' altitude=600 speed=45 fuel=130 ;;
        [qQ"$ctrl_c"]) return 1 ;;
        *) continue ;;
        esac
        top=$altitude burn=0 old_row=
        return 0
    done
}

# False: the player has had enough.
choose_burn() {
    while :; do
        read_key
        case $key in
        [0-9]) burn=$key ;;
        ' ') burn=0 ;;
        [qQ"$ctrl_c"]) return 1 ;;
        *) continue ;;
        esac
        [ "$burn" -le "$fuel" ] || burn=$fuel
        [ "$graphics" = GR ] || echo "$burn"
        return 0
    done
}

turn() {
    before=$speed
    speed=$((speed + GRAVITY - burn))
    fuel=$((fuel - burn))
    altitude=$(((2 * altitude - before - speed) / 2))
}

tell_landing() {
    if [ "$speed" -le "$SOFT" ]; then
        points=$((1000 + 20 * fuel - 50 * (speed > 0 ? speed : 0) + top))
        echo "  The Eagle has landed, at $speed m/s."
        echo "  $points points."
        add_score "$points"
    elif [ "$speed" -le "$HARD" ]; then
        points=$((200 + 5 * fuel))
        echo "  A hard landing, at $speed m/s."
        echo "  A leg is bent. $points points."
        add_score "$points"
    else
        echo "  At $speed m/s you have made a crater."
        echo "  No points."
    fi
}

fly() {
    title
    color 36
    echo "  $site"
    [ "$graphics" = GR ] || echo "  Burn 0 to 9 each second; Q quits."
    while [ "$altitude" -gt 0 ]; do
        draw
        choose_burn || return
        turn
    done
    altitude=0
    [ "$graphics" = GR ] && draw
    at 1 19
    echo
    color '1;33'
    tell_landing
    color 37
    printf '  Any key goes on. '
    read_key
}

saved=$(stty -g 2>/dev/null)
trap '[ -n "$saved" ] && stty "$saved" 2>/dev/null' EXIT
stty -icanon -echo -isig min 1 time 0 2>/dev/null
while choose_site; do
    fly
done
color 37
echo
