# Perigee's build: everything is made in build/ (build/san with SAN=1). `make help` lists the
# targets; V=1 shows the commands.

PREFIX ?= /usr/local
CC ?= cc
BUILD := build$(if $(SAN),/san)
VERSION := 0.1.0

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
        -Wpointer-arith -Wvla $(if $(CI),-Werror)
LUA_CFLAGS := $(shell pkg-config --cflags lua5.4 2>/dev/null)
LUA_LIBS := $(shell pkg-config --libs lua5.4 2>/dev/null || echo -llua5.4)
SAN_FLAGS := $(if $(SAN),-fsanitize=address -fsanitize=undefined -fno-sanitize-recover=all)
override CPPFLAGS += -D_GNU_SOURCE -DPERIGEE_VERSION='"$(VERSION)"' \
            -DPERIGEE_PREFIX='"$(PREFIX)"' -Icore -I$(BUILD)/gen $(LUA_CFLAGS)
CFLAGS ?= -O2 -g
ALL_CFLAGS := -std=c17 $(WARN) $(SAN_FLAGS) -fno-omit-frame-pointer -pthread $(CFLAGS)
LIBS := $(LUA_LIBS) -lev -lsqlite3 -lcrypt -ldeflate -larchive -lnettle -lunistring -lvterm -lm -pthread

Q := $(if $(V),,@)
SAY = $(if $(V),,@echo "$(1) $(patsubst $(BUILD)/%,%,$@)")

CORE_C := $(filter-out core/main.c,$(sort $(shell find core -name '*.c')))
CORE_O := $(CORE_C:%.c=$(BUILD)/%.o)
LIB := $(BUILD)/libperigee.a
PROGRAM := $(BUILD)/perigee
MANUAL := $(BUILD)/perigee.1 $(BUILD)/perigee-settings.5
EMBEDDED := $(sort $(wildcard core/store/schema/*.sql core/bridge/*.lua))
EMBEDDED_H := $(foreach f,$(EMBEDDED),$(BUILD)/gen/$(notdir $(f)).h)

UNIT_TESTS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/test_*.c))
BOARD_TESTS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/board/test_*.c))
PEER_TESTS := $(wildcard tests/peers/test_*.sh)
BENCHES := $(patsubst %,$(BUILD)/tests/bench/%,bare load transfer crypt.so)
FUZZERS := $(patsubst tests/fuzz/%.c,build/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))

.PHONY: all run test tests lint lint-installed bench fuzz install uninstall clean help setup setup-test tests format
.DEFAULT_GOAL := all

all: $(PROGRAM) ## build the program to build/perigee

run: setup ## install what is missing, build, serve this board on 127.0.0.1:2323
	$(Q)$(MAKE) --no-print-directory all
	$(Q)echo "Dial the board from another window:  telnet 127.0.0.1 2323   (Ctrl-C here stops it)"
	$(Q)exec $(PROGRAM) serve --board .

test: setup-test ## install what is missing, run every test; SAN=1 with sanitizers
	$(Q)$(MAKE) --no-print-directory tests
	$(Q)scripts/run-tests $(BUILD)

tests: $(PROGRAM) $(UNIT_TESTS) $(BOARD_TESTS) $(BENCHES) build/npm/package.json

# Other people's ZMODEM. Its tests are skipped where npm is missing, or has nothing to give.
build/npm/package.json: tests/peers/package.json
	$(Q)mkdir -p $(@D)
	$(Q)cp $< $@
	$(Q)if command -v npm >/dev/null && command -v node >/dev/null; then \
	    echo "NPM  zmodem.js zmodem2-wasm"; \
	    cd $(@D) && npm install --no-package-lock --ignore-scripts --no-audit --no-fund --silent \
	        || echo "npm: could not install; the tests with zmodem.js are skipped"; \
	else echo "npm: not there; the tests with zmodem.js are skipped"; fi

lint: setup-test ## formatting, clang-tidy, luacheck, floors and banned calls
	$(Q)$(MAKE) --no-print-directory lint-installed

# In a make of its own, which sees where the headers are that setup has just installed.
lint-installed: $(EMBEDDED_H)
	$(Q)scripts/lint "$(CPPFLAGS)"

bench: setup-test ## speed and memory beside a bare server; writes build/bench.json
	$(Q)$(MAKE) --no-print-directory $(PROGRAM) $(BENCHES)
	$(Q)scripts/bench $(BUILD)

fuzz: setup-test ## each fuzz target for a minute (SECONDS=N for another time)
	$(Q)$(MAKE) --no-print-directory $(FUZZERS)
	$(Q)scripts/fuzz $(or $(SECONDS),60)

SHARE := $(DESTDIR)$(PREFIX)/share
ONE_BY_ONE = bin/perigee share/man/man1/perigee.1 share/man/man5/perigee-settings.5 \
             share/bash-completion/completions/perigee lib/systemd/system/perigee.service \
             lib/systemd/system/perigee.socket lib/sysusers.d/perigee.conf lib/tmpfiles.d/perigee.conf

# Nothing else there is ours: who serves the starter board in place has the data beside it.
STARTER = $(addprefix $(SHARE)/perigee/,lua screens doors)

install: $(PROGRAM) $(MANUAL) $(BUILD)/perigee.service ## install to PREFIX (/usr/local), under DESTDIR
	install -D -m 755 $(PROGRAM) $(DESTDIR)$(PREFIX)/bin/perigee
	rm -rf $(STARTER)
	for f in $$(find lua screens doors -type f ! -name '.*'); do \
	    mode=644; [ ! -x $$f ] || mode=755; \
	    install -D -m $$mode $$f $(SHARE)/perigee/$$f || exit 1; done
	install -D -m 644 $(BUILD)/perigee.1 $(SHARE)/man/man1/perigee.1
	install -D -m 644 $(BUILD)/perigee-settings.5 $(SHARE)/man/man5/perigee-settings.5
	install -D -m 644 packaging/perigee.bash $(SHARE)/bash-completion/completions/perigee
	install -D -m 644 $(BUILD)/perigee.service $(DESTDIR)$(PREFIX)/lib/systemd/system/perigee.service
	install -D -m 644 packaging/perigee.socket $(DESTDIR)$(PREFIX)/lib/systemd/system/perigee.socket
	install -D -m 644 packaging/sysusers.conf $(DESTDIR)$(PREFIX)/lib/sysusers.d/perigee.conf
	install -D -m 644 packaging/tmpfiles.conf $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/perigee.conf
	for f in README.md screens/README.md lua/README.md welcome.png LICENSE; do \
	    install -D -m 644 $$f $(SHARE)/doc/perigee/$$f || exit 1; done

uninstall: ## remove what install has put to PREFIX; boards and their data stay
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/,$(ONE_BY_ONE))
	rm -rf $(STARTER) $(SHARE)/doc/perigee
	rmdir $(SHARE)/perigee 2>/dev/null || true

setup: ## install the packages that building and running need
	$(Q)scripts/setup run

setup-test: ## install the packages that tests and lint need as well
	$(Q)scripts/setup test

format: ## format every C file in place
	clang-format -i $$(git ls-files '*.c' '*.h')

clean: ## remove build/
	rm -rf build

help: ## this list
	$(Q)sed -n 's/^\([a-z-]*\):.*## /  \1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 16

$(BUILD)/gen/%.h: core/store/schema/% Makefile
	$(Q)mkdir -p $(@D)
	$(Q)scripts/embed $< > $@

$(BUILD)/gen/%.h: core/bridge/% Makefile
	$(Q)mkdir -p $(@D)
	$(Q)scripts/embed $< > $@

$(BUILD)/core/%.o: core/%.c | $(EMBEDDED_H)
	$(call SAY,CC  )
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

$(LIB): $(CORE_O)
	$(call SAY,AR  )
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^

$(PROGRAM): $(BUILD)/core/main.o $(LIB)
	$(call SAY,LD  )
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ -o $@ $(LIBS)

# What PREFIX the program was built with: another one builds anew what has it inside.
$(BUILD)/prefix: ALWAYS
	$(Q)mkdir -p $(@D)
	$(Q)echo '$(PREFIX)' | cmp -s - $@ || echo '$(PREFIX)' > $@
$(patsubst %.c,$(BUILD)/%.o,$(shell grep -l PERIGEE_PREFIX $(CORE_C))): $(BUILD)/prefix
.PHONY: ALWAYS

$(BUILD)/perigee.1: $(PROGRAM)
	$(Q)$(PROGRAM) help --man > $@

$(BUILD)/perigee-settings.5: $(PROGRAM)
	$(Q)$(PROGRAM) help --man settings > $@

$(BUILD)/perigee.service: packaging/perigee.service.in $(BUILD)/prefix
	$(Q)sed 's|@PREFIX@|$(PREFIX)|g' $< > $@

$(BUILD)/tests/%.o: tests/%.c | $(EMBEDDED_H)
	$(call SAY,CC  )
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -I. $(ALL_CFLAGS) -MMD -MP -c $< -o $@

$(UNIT_TESTS): $(BUILD)/tests/unit/%: $(BUILD)/tests/unit/%.o $(BUILD)/tests/unit/flush.o $(LIB)
	$(call SAY,LD  )
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ -o $@ -lcmocka $(LIBS)

$(BOARD_TESTS): $(BUILD)/tests/board/%: $(BUILD)/tests/board/%.o $(BUILD)/tests/board/board.o \
		$(BUILD)/tests/board/stage.o $(BUILD)/tests/board/command.o \
		$(BUILD)/tests/board/cast.o $(BUILD)/tests/board/window.o \
		$(BUILD)/tests/board/peer.o $(BUILD)/tests/board/exchange.o \
		$(BUILD)/tests/board/area.o $(LIB)
	$(call SAY,LD  )
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ -o $@ -lcmocka $(LIBS)

# Preloaded into a server of these tests: without the sanitizers, whose own libraries would have
# to be before it.
$(BUILD)/tests/board/test_peers: | $(BUILD)/tests/board/slow_disk.so
$(BUILD)/tests/board/test_clock $(BUILD)/tests/board/test_schedule: | $(BUILD)/tests/board/clock.so
$(BUILD)/tests/board/test_doors: | $(BUILD)/tests/board/full_disk.so
$(BUILD)/tests/board/test_init $(BUILD)/tests/board/test_backup: | $(BUILD)/tests/board/full_disk.so
$(BUILD)/tests/board/test_rooms_trouble: | $(BUILD)/tests/board/full_disk.so
$(BUILD)/tests/%.so: tests/%.c
	$(call SAY,LD  )
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -std=c17 $(WARN) -O1 -shared -fPIC $< -o $@

$(BUILD)/tests/bench/transfer: $(BUILD)/tests/bench/transfer.o $(LIB)
	$(call SAY,LD  )
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ -o $@ $(LIBS)

$(BUILD)/tests/bench/%: $(BUILD)/tests/bench/%.o
	$(call SAY,LD  )
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ -o $@ -lev -lm

build/fuzz/%: tests/fuzz/%.c $(CORE_C) | $(EMBEDDED_H)
	$(call SAY,FUZZ)
	$(Q)mkdir -p $(@D)
	$(Q)clang $(CPPFLAGS) -I. -std=c17 -g -O1 -fsanitize=fuzzer,address,undefined \
	    -fno-sanitize-recover=all -pthread $< \
	    $(filter core/base/% core/proto/% core/term/% core/screen/%,$(CORE_C)) -o $@ -ldeflate -lunistring -lvterm -lm

.SECONDARY:
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
