#!/bin/sh
# The sysop's guide, README.md, screens/README.md and lua/README.md: every example is run. Each
# chapter (## ...) has a board of its own, the starter board, into which its blocks go in turn:
#
#   ```lua file=PATH     that file (lua, screen, sql, sh)
#   ```lua into=PATH     lines before the file's last one where that is `return ...` or `}`,
#                        else behind it
#   ```lua top=PATH      lines before its first
#   ```lua test          a file of lua/tests/, as `perigee test` has them
#   ```sh                commands, in the board's folder; with `served` the board is being served
#   ```text              what the commands before it print; `...` is anything
#
# In the end the board has no mistakes, but that some screens are dialled by their tests alone, and
# its tests pass. There is no other kind of block: an example that is not run fails. And all that
# handlers and tests can call has to be named. Says its results as TAP.
set -u

build=$(cd "${BUILD:-build}" && pwd) || exit 1
temp=$(mktemp -d) || exit 1
trap 'end' EXIT
trap 'exit 1' INT TERM
chmod 711 "$temp" # doors of a server that is root's run as nobody
export TMPDIR="$temp" NO_COLOR=1 TZ=UTC PATH="$build:$PATH"

end() {
    wait
    rm -rf "$temp"
}

# take_apart DOCUMENT FOLDER: its blocks to FOLDER/CHAPTER/NUMBER, and FOLDER/CHAPTER/plan, lines
# "NUMBER LINE INFO"; FOLDER/names has the chapters' headings. What is wrong is printed.
take_apart() {
    awk -v document="$1" -v folder="$2" '
        function wrong(what) { print document ":" FNR ": " what }
        function begin(name) {
            chapter = sprintf("%s/%02d", folder, ++chapters)
            system("mkdir -p " chapter)
            print name >(folder "/names")
            printf "" >(chapter "/plan")
            blocks = 0
            kind = ""
        }
        BEGIN {
            known = "^(((screen|lua|sql|sh) (file|into|top)=[a-z0-9_/.]+)|lua test|sh( served)?|text)$"
            begin("before the first chapter")
        }
        !is_inside && /^## / { begin(substr($0, 4)) }
        /^ *```/ {
            match($0, /^ */)
            info = substr($0, RLENGTH + 4)
            is_inside = !is_inside
            if (!is_inside) {
                close(block)
                next
            }
            indent = RLENGTH
            if (info !~ known)
                wrong("a block of a kind that is not run: ```" info)
            if (info == "text" && kind !~ /^sh/)
                wrong("```text is what the commands of the block before it print")
            kind = info
            block = chapter "/" ++blocks
            printf "" >block
            print blocks, FNR, info >(chapter "/plan")
            next
        }
        is_inside {
            match($0, /^ */)
            print substr($0, (RLENGTH < indent ? RLENGTH : indent) + 1) >block
            next
        }
        was_blank && /^    / { wrong("indented code is not run, expected a block with ```") }
        { was_blank = /^ *$/ }
        END {
            if (is_inside)
                wrong("the last block has no end")
        }' "$1"
}

# put WHERE BLOCK PATH: the block's lines into the file.
put() {
    mkdir -p "$(dirname "$3")"
    case $1 in
    file) cat "$2" ;;
    top) cat "$2" "$3" ;;
    into)
        last=$(sed -n '$p' "$3")
        case $last in
        return\ * | "}") sed '$d' "$3" && cat "$2" && echo "$last" ;;
        *) cat "$3" "$2" ;;
        esac
        ;;
    esac >"$2.new" && mv "$2.new" "$3"
}

begin_serving() {
    perigee serve --listen 127.0.0.1:0 2>serve.log &
    server=$!
    trap 'kill "$server" 2>/dev/null' EXIT
    # The last of the board's files is kept in the history some time after the start.
    until perigee status && perigee history screens/who.txt; do
        kill -0 "$server" || return 1
        sleep 0.05
    done >/dev/null 2>&1
}

# run_commands BLOCK [served] -> BLOCK.out
run_commands() {
    server=
    [ -z "${2:-}" ] || begin_serving || { cp serve.log "$1.out" && return 1; }
    sh "$1" >"$1.out" 2>&1 </dev/null
    status=$?
    [ -z "$server" ] || { kill "$server" && wait "$server"; } || return 1
    return "$status"
}

# What is not empty at the beginning and the end, without the blanks at the ends of lines.
trim() {
    sed 's/ *$//; /./,$!d' "$1"
}

# is_like EXPECTED PRINTED: "..." is anything.
is_like() {
    pattern=$(trim "$1" | sed 's/[][*?\\]/\\&/g; s/\.\.\./*/g')
    # shellcheck disable=SC2254 # it is a pattern
    case $(trim "$2") in
    $pattern) ;;
    *) return 1 ;;
    esac
}

# do_block CHAPTER NUMBER KIND HOW, in the board's folder. What is wrong is printed.
do_block() {
    block=$1/$2
    case "$3 $4" in
    *=*) put "${4%%=*}" "$block" "${4#*=}" ;;
    "lua test") put file "$block" "lua/tests/guide_$2.lua" ;;
    sh*)
        run_commands "$block" "$4" || grep -q "^$(($2 + 1)) [0-9]* text" "$1/plan" ||
            { echo "the commands fail:" && cat "$block.out"; }
        ;;
    text*)
        printed=$1/$(($2 - 1)).out
        is_like "$block" "$printed" || { echo "is not what is printed:" && cat "$printed"; }
        ;;
    esac
}

# do_chapter CHAPTER DOCUMENT: what is wrong is printed.
do_chapter() {
    [ -s "$1/plan" ] || return 0
    mkdir "$1/board" && cp -r lua screens doors "$1/board" && cd "$1/board" || return 1
    rm -rf lua/tests lua/README.md screens/README.md
    while read -r number line kind how; do
        why=$(do_block "$1" "$number" "$kind" "$how")
        [ -z "$why" ] || echo "$2:$line: $why"
    done <"$1/plan"
    if [ -d lua/tests ]; then
        perigee test >test.log 2>&1 || cat test.log
    fi
    perigee check >check.log 2>&1 ||
        grep -Ev "nothing leads to the screen|^[0-9]+ findings?," check.log
}

say() { # NAME WHY
    if [ -z "$2" ]; then
        echo "ok - $1"
    else
        echo "not ok - $1"
        echo "$2" | sed 's/^/# /'
    fi
}

do_document() { # DOCUMENT FOLDER
    mkdir "$2"
    say "$1: every example is one that is run" "$(take_apart "$1" "$2")"
    for chapter in "$2"/*/; do
        chapter=${chapter%/}
        name=$(sed -n "$((1${chapter##*/} - 100))p" "$2/names")
        [ ! -s "$chapter/plan" ] || say "$1: $name" "$(do_chapter "$chapter" "$1")"
    done
}

# All that handlers and tests can call, as the guide writes it.
names() {
    board=$temp/names
    mkdir -p "$board/lua/handlers" "$board/screens"
    {
        echo 'local text = require "bbs.text"'
        echo 'local modules = {'
        sed -n 's/.*"\(bbs\.[a-z]*\)".*/  ["\1"] = require "\1",/p' core/bridge/state.c \
            core/bridge/loader.lua | grep -v settings | sort -u
        cat <<'LUA'
}
local api = {}
function api.names()
  local out = {}
  for module, t in pairs(modules) do
    for name, value in pairs(type(t) == "table" and t or {}) do
      if type(value) == "function" then
        out[#out + 1] = module:sub(5) .. "." .. name
      end
    end
  end
  return table.concat(text.wrap(table.concat(out, " "), 200), "\n")
end
return api
LUA
    } >"$board/lua/handlers/api.lua"
    echo '<% get:api.names:raw %>' >"$board/screens/root.txt"
    perigee show root --board "$board" --plain --size 255x100 | tr " " "\n"
    sed -n 's/^function methods\.\([a-z_]*\).*/client:\1/p' core/bridge/*.lua
    sed -n '/methods\[\] = {/,/}};/s/^ *{"\([a-z_]*\)".*/client:\1/p' core/bridge/lib_client.c
    sed -n 's/^    {"\([a-z_]*\)", push_.*/client.\1/p' core/bridge/lib_client.c
    sed -n 's/^function Room:\([a-z_]*\).*/room:\1/p' core/bridge/rooms.lua
    sed -n '/methods\[\] = {/,/}};/s/.*{"\([a-z_]*\)", l_.*/process:\1/p' core/bridge/lib_command.c
    sed -n 's/^function \(t\|caller\):\([a-z_]*\).*/\1:\2/p' core/bridge/tests.lua
}

missing_names() {
    names >"$temp/all"
    [ "$(wc -l <"$temp/all")" -gt 150 ] || echo "the list of names is too short to be right"
    awk 'NR == FNR { text = text $0 "\n"; next }
        { sub(/ *$/, "") }
        $0 && text !~ ("`" $0 "[^a-z_]") { print $0 " is not in lua/README.md" }' \
        lua/README.md "$temp/all"
}

for document in README.md screens/README.md lua/README.md; do
    folder=$temp/$(dirname "$document" | tr . r)
    (trap - EXIT && do_document "$document" "$folder") \
        >"$folder.tap" &
done
say "lua/README.md: the reference names all that there is" "$(missing_names)" >"$temp/names.tap"
wait
cat "$temp"/*.tap
! grep -q '^not ok' "$temp"/*.tap
