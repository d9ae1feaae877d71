#include "tests/board/exchange.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

const char exchange_send_lua[] =
    "local t = {}\n"
    "function t.files(client, names)\n"
    "  local list = { protocol = names:match('^(.*)!') }\n"
    "  names = names:gsub('^.*!', '')\n"
    "  for name in names:gmatch('[^,]+') do list[#list + 1] = name end\n"
    "  local many = tonumber(names:match('^many (%d+)$'))\n"
    "  for i = 1, many or 0 do list[i] = ('n%03d'):format(i) end\n"
    "  local results = client:send_files(list)\n"
    "  if results.reason then client:send('because ' .. results.reason .. '\\n') end\n"
    "  for _, r in ipairs(results) do\n"
    "    client:send(('<%s %d %d %s %s>\\n'):format(r.name, r.bytes, r.resumed,\n"
    "      tostring(r.ok), r.reason or '-'))\n"
    "  end\n"
    "  return 'repeat'\n"
    "end\n"
    "return t\n";

struct caller *exchange_begin(void)
{
    board_write(board, "screens/root.txt", "Which? <% set:t.files %>\n");
    board_write(board, "lua/handlers/t.lua", exchange_send_lua);
    board_start(board, NULL);
    return dial();
}

/* The question is still to be expected. */
void refuse_binary(struct caller *c, const char *question)
{
    size_t from = c->from;

    caller_expect(c, question);
    c->from = from;
    c->refuses_binary = true;
    caller_send_bytes(c, "\377\376\0\377\374\0", 6); /* DONT and WONT BINARY */
}

/* A file in the board's files/, of bytes that are random, or all the same. */
void make_file(const char *name, size_t size, int byte)
{
    char path[PATH_BYTES];
    char *bytes = malloc(size + 1);
    unsigned seed = (unsigned)size + 1;

    for (size_t i = 0; i < size; i++) {
        seed = seed * 1103515245u + 12345u;
        bytes[i] = (char)(byte < 0 ? seed >> 16 : (unsigned)byte);
    }
    snprintf(path, sizeof(path), "data/files/%s", name);
    board_write_bytes(board, path, bytes, size);
    free(bytes);
}

char *folder_of(char *path, const char *name)
{
    snprintf(path, PATH_BYTES, "%s/%s", board->folder, name);
    return path;
}

void assert_same(const char *name)
{
    char path[PATH_BYTES];
    size_t len[2];
    char *bytes[2];
    static const char *const folders[] = {"data/files", "got"};

    for (int i = 0; i < 2; i++) {
        struct stat st;
        FILE *f;

        snprintf(path, sizeof(path), "%s/%s/%s", board->folder, folders[i], name);
        assert_int_equal(stat(path, &st), 0);
        len[i] = (size_t)st.st_size;
        bytes[i] = malloc(len[i] + 1);
        f = fopen(path, "rb");
        assert_non_null(f);
        assert_int_equal(fread(bytes[i], 1, len[i], f), len[i]);
        fclose(f);
    }
    assert_int_equal(len[0], len[1]);
    assert_memory_equal(bytes[0], bytes[1], len[0]);
    free(bytes[0]);
    free(bytes[1]);
}

int receive_at(struct caller *c, const char *trigger, const char *names, char *const argv[],
               const struct peer_options *more)
{
    char got[PATH_BYTES];
    struct peer_options options = *more;

    options.folder = folder_of(got, "got");
    mkdir(got, 0700);
    caller_expect(c, "Which? ");
    caller_send(c, names);
    caller_send(c, "\r");
    return peer_run(c, trigger, argv, &options);
}

int receive_with(struct caller *c, const char *names, char *const argv[],
                 const struct peer_options *more)
{
    return receive_at(c, RQINIT, names, argv, more);
}

/* --- uploads --- */

static const char receive_lua[] =
    "local users = require 'bbs.users'\n"
    "local t = {}\n"
    "function t.files(client, options)\n"
    "  if options == 'luna' then\n"
    "    users.create { handle = 'luna', password = 'moonmoon' }\n"
    "    users.login(client, 'luna', 'moonmoon')\n"
    "  end\n"
    "  local o = { overwrite = options:find('over') ~= nil,\n"
    "    protocol = options:match('by=([%w-]+)'), name = options:match('as=([%w.]+)'),\n"
    "    max = tonumber(options:match('max=(%d+)')), files = "
    "tonumber(options:match('n=(%d+)')) }\n"
    "  local results = client:receive_files('up', o)\n"
    "  for _, r in ipairs(results) do\n"
    "    client:send(('<%s %d %d %s %s>\\n'):format(r.name, r.bytes, r.resumed,\n"
    "      tostring(r.ok), r.reason or '-'))\n"
    "  end\n"
    "  client:send('END ' .. (results.reason or '') .. '\\n')\n"
    "  return 'repeat'\n"
    "end\n"
    "return t\n";

struct caller *exchange_begin_upload(void)
{
    char path[PATH_BYTES];

    board_write(board, "screens/root.txt", "How? <% set:t.files %>\n");
    board_write(board, "lua/handlers/t.lua", receive_lua);
    board_start(board, NULL);
    mkdir(folder_of(path, "got"), 0700);
    return dial();
}

/* A file of the caller's. */
void make_own(const char *name, size_t size, int byte)
{
    char from[PATH_BYTES];
    char to[PATH_BYTES];

    make_file(name, size, byte);
    snprintf(from, sizeof(from), "%s/data/files/%s", board->folder, name);
    snprintf(to, sizeof(to), "%s/got/%s", board->folder, name);
    assert_int_equal(rename(from, to), 0);
}

int send_at(struct caller *c, const char *trigger, const char *how, char *const argv[],
            const struct peer_options *more)
{
    char got[PATH_BYTES];
    struct peer_options options = *more;

    options.folder = folder_of(got, "got");
    caller_expect(c, "How? ");
    caller_send(c, how);
    caller_send(c, "\r");
    return peer_run(c, trigger, argv, &options);
}

int send_with(struct caller *c, const char *how, char *const argv[],
              const struct peer_options *more)
{
    return send_at(c, RINIT, how, argv, more);
}

/* What is in files/up under this name is what the caller has. */
void assert_came(const char *name)
{
    char from[PATH_BYTES];
    char to[PATH_BYTES];

    snprintf(from, sizeof(from), "%s/data/files/up/%s", board->folder, name);
    snprintf(to, sizeof(to), "%s/data/files/%s", board->folder, name);
    assert_int_equal(rename(from, to), 0);
    assert_same(name);
    assert_int_equal(rename(to, from), 0);
}
