# tandemd -- make help lists what can be made.
#
# Everything but the main() functions is one library, build/libtandem.a, that programs, tests,
# fuzzers and benchmarks link. A folder's files are found, not listed: adding a file needs no
# second place. O= is where everything goes: build, build/asan, build/tsan.

O        ?= build
SAN      ?=
VERSION  := 0.1.0
PREFIX   ?= /usr/local
SYSCONF  ?= /etc/tandemd
DESTDIR  ?=
PY       := /usr/bin/python3
CC       := gcc

# Libraries, named once for compiling and linking; their Debian packages: contrib/packages.txt
PKGS     := libical libuv sqlite3 inih libpcre2-8 libsodium libseccomp libcurl zlib libqrencode
# llhttp: Debian 12 ships its C sources (node-llhttp), Debian 13 a library (libllhttp-dev)
LLHTTP_SRC := $(wildcard /usr/share/llhttp/*.c)
ifeq ($(LLHTTP_SRC),)
PKGS     += libllhttp
else
LLHTTP_INC := -isystem /usr/share/include/llhttp
endif

OPT      ?= -O2
WARN     := -Wall -Wextra -Wshadow -Wpointer-arith -Wstrict-prototypes -Wmissing-prototypes \
            -Wvla -Wundef -Wwrite-strings -Wformat=2 -Wno-format-nonliteral
WERROR   ?= $(if $(CI),-Werror)
CPPFLAGS += -Iinclude -D_GNU_SOURCE -DTANDEM_VERSION='"$(VERSION)"' $(LLHTTP_INC)
CFLAGS   += -std=c17 $(OPT) -g -fno-strict-aliasing -fstack-protector-strong -D_FORTIFY_SOURCE=$(if $(SAN),0,2) \
            $(WARN) $(WERROR) $(SAN) -pthread
LDFLAGS  += $(SAN) -pthread -Wl,-z,relro,-z,now
PKG_CFLAGS = $(shell pkg-config --cflags $(PKGS) 2>/dev/null | sed 's/-I/-isystem /g')
PKG_LIBS   = $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lm

SRC      := $(sort $(wildcard daemon/*/*.c))
OBJ      := $(SRC:%.c=$(O)/obj/%.o) $(LLHTTP_SRC:/usr/share/llhttp/%.c=$(O)/obj/llhttp/%.o)
LIB      := $(O)/libtandem.a
PROGRAMS := $(O)/tandemd $(O)/tandemctl
UNIT     := $(patsubst tests/unit/%.c,$(O)/tests/%,$(sort $(wildcard tests/unit/test_*.c)))
TOOLS    := $(O)/tests/solve $(O)/tests/rule_walk $(O)/tests/joint_dump $(O)/tests/ics_check
FUZZ     := $(patsubst tests/fuzz/%.c,$(O)/tests/%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
BENCHES  := $(patsubst tests/bench/%.c,$(O)/tests/%,$(sort $(wildcard tests/bench/bench_*.c)))

# V=1 shows whole commands
V        ?=
# built in parallel unless make was told otherwise
JOBS     := $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))
Q        := $(if $(V),,@)
say       = @$(if $(V),true,printf '  %-4s %s\n' $(1) $(2))

all: deps-quiet $(PROGRAMS) ## build/tandemd and build/tandemctl

# ---- the two commands -------------------------------------------------------------------------

run: deps ## start the demo in the foreground on 127.0.0.1:8340
	@$(MAKE) --no-print-directory $(JOBS) $(PROGRAMS)
	@sh contrib/demo.sh $(O)

check: deps-test ## everything that proves it works: lint, unit and daemon tests
	@$(MAKE) --no-print-directory $(JOBS) all lint test-programs
	@$(MAKE) --no-print-directory check-unit check-daemon

# ---- parts of check ---------------------------------------------------------------------------

check-unit: test-programs ## unit and property tests, and the inputs that fuzzing found
	@sh tests/run_unit.sh $(UNIT) $(FUZZ)

# Most of their time they wait: two files at a time take half of it. Tests of one file stay together,
# since some share a daemon.
WORKERS  ?= 2
check-daemon: all test-programs ## tests of the real daemon and the real tandemctl: [WORKERS=2]
	TANDEM_BUILD=$(abspath $(O)) $(PY) -m pytest -q -p no:cacheprovider -n $(WORKERS) \
	  --dist loadfile --durations=5 tests/daemon tests/tools

ASAN := O=build/asan OPT=-O1 \
        SAN="-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer"
TSAN := O=build/tsan OPT=-O1 SAN="-fsanitize=thread -DTANDEM_TSAN"

check-asan: deps-test ## unit and daemon tests under AddressSanitizer and UBSan
	@$(MAKE) --no-print-directory $(JOBS) $(ASAN) all test-programs
	@TANDEM_SLOW=4 $(MAKE) --no-print-directory $(ASAN) check-unit check-daemon

check-tsan: deps-test ## unit and daemon tests under ThreadSanitizer
	@$(MAKE) --no-print-directory $(JOBS) $(TSAN) all test-programs
	@TANDEM_SLOW=8 TSAN_OPTIONS=suppressions=$(abspath tests/tsan.supp) \
	  $(MAKE) --no-print-directory $(TSAN) check-unit check-daemon

check-long: deps-test all test-programs ## long campaigns
	TANDEM_LONG=1 TANDEM_BUILD=$(abspath $(O)) $(PY) -m pytest -q -p no:cacheprovider tests/daemon tests/tools

# Real calendar clients are heavy and not everywhere to be had: never part of check. What cannot be
# installed is skipped and named.
check-clients: deps-clients ## real calendar clients subscribe to the real daemon (two minutes)
	@$(MAKE) --no-print-directory $(JOBS) all
	@mkdir -p $(O)/clients && cp tests/clients/package.json $(O)/clients/
	@npm install --prefix $(O)/clients --no-package-lock --no-audit --no-fund --ignore-scripts \
	  --prefer-offline --fetch-retries=1 --fetch-retry-mintimeout=1000 --fetch-timeout=30000 \
	  --loglevel=error >&2 || echo "going on without ical.js and node-ical" >&2
	TANDEM_BUILD=$(abspath $(O)) $(PY) -m pytest -q -rs -p no:cacheprovider tests/clients

# T= names of targets, S= seconds for each
T        ?= $(patsubst tests/fuzz/fuzz_%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
S        ?= 60
CLANG    := O=build/fuzz OPT=-O1 CC=clang \
            SAN="-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all"
fuzz: deps-fuzz ## libFuzzer on the parsers: make fuzz [T="sieve import"] [S=seconds]
	@$(MAKE) --no-print-directory $(JOBS) $(CLANG) FUZZER=1 $(T:%=build/fuzz/tests/fuzz_%)
	@sh tests/fuzz/run.sh build/fuzz $(S) $(T)

lint: ## layers, libraries, file sizes, format
	@sh tests/lint/lint.sh

bench: deps-bench ## speed, side by side with peers in one run
	@$(MAKE) --no-print-directory all $(BENCHES) $(TOOLS)
	@TANDEM_BUILD=$(abspath $(O)) sh tests/bench/run.sh

test-programs: $(UNIT) $(TOOLS) $(FUZZ)

# ---- what is needed ---------------------------------------------------------------------------

deps:
	@sh contrib/bootstrap deps build
deps-test:
	@sh contrib/bootstrap deps build test
deps-bench:
	@sh contrib/bootstrap deps build test bench
deps-fuzz:
	@sh contrib/bootstrap deps build fuzz
deps-clients:
	@sh contrib/bootstrap deps build test
	@sh contrib/bootstrap some clients
deps-quiet:
	@sh contrib/bootstrap deps build

# ---- rules ------------------------------------------------------------------------------------

$(LIB): $(OBJ)
	@rm -f $@
	$(call say,ar,$@)
	$(Q)ar rcs $@ $^

$(O)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call say,cc,$@)
	$(Q)$(CC) $(CPPFLAGS) $(PKG_CFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# what .incbin takes in
$(O)/obj/daemon/serve/style.o: daemon/serve/style.css

$(O)/obj/llhttp/%.o: /usr/share/llhttp/%.c
	@mkdir -p $(@D)
	$(call say,cc,$@)
	$(Q)$(CC) $(CPPFLAGS) $(OPT) $(SAN) -g -c -o $@ $<

$(O)/tandemd: $(O)/obj/daemon/main.o $(LIB)
	$(call say,ld,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(PKG_LIBS)

$(O)/tandemctl: $(O)/obj/daemon/tandemctl.o $(LIB)
	$(call say,ld,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(PKG_LIBS)

$(O)/tests/test_%: $(O)/obj/tests/unit/test_%.o $(LIB)
	@mkdir -p $(@D)
	$(call say,ld,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(PKG_LIBS) -lcmocka

# with libFuzzer's main() or with our own, which replays the corpus
$(O)/tests/fuzz_%: $(O)/obj/tests/fuzz/fuzz_%.o $(if $(FUZZER),,$(O)/obj/tests/fuzz/replay.o) $(LIB)
	@mkdir -p $(@D)
	$(call say,ld,$@)
	$(Q)$(CC) $(LDFLAGS) $(if $(FUZZER),-fsanitize=fuzzer) -o $@ $^ $(PKG_LIBS)

$(O)/tests/bench_%: $(O)/obj/tests/bench/bench_%.o $(LIB)
	@mkdir -p $(@D)
	$(call say,ld,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(PKG_LIBS)

$(O)/tests/rule_walk: $(O)/obj/tests/tools/rule_walk.o $(LIB)
	@mkdir -p $(@D)
	$(call say,ld,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(PKG_LIBS)

$(O)/tests/joint_dump: $(O)/obj/tests/tools/joint_dump.o $(LIB)
	$(call say,ld,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(PKG_LIBS)

$(O)/tests/ics_check: $(O)/obj/tests/tools/ics_check.o
	@mkdir -p $(@D)
	$(call say,ld,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(PKG_LIBS)

$(O)/tests/solve: $(O)/obj/tests/solve/solve.o $(LIB)
	@mkdir -p $(@D)
	$(call say,ld,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(PKG_LIBS)

-include $(shell find $(O)/obj -name '*.d' 2>/dev/null)

# ---- the rest ---------------------------------------------------------------------------------

install: all ## install under DESTDIR and PREFIX
	install -D -m 755 $(O)/tandemd $(DESTDIR)$(PREFIX)/sbin/tandemd
	install -D -m 755 $(O)/tandemctl $(DESTDIR)$(PREFIX)/bin/tandemctl
	install -D -m 644 conf/tandemd.conf $(DESTDIR)$(PREFIX)/share/doc/tandemd/tandemd.conf
	install -D -m 644 conf/roster.ini $(DESTDIR)$(PREFIX)/share/doc/tandemd/roster.ini

clean: ## remove everything that was built
	rm -rf build

help: ## this list
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 22

.PHONY: all run check check-unit check-daemon check-clients check-asan check-tsan check-long lint \
        bench fuzz test-programs deps deps-test deps-bench deps-clients deps-fuzz deps-quiet \
        install clean help
.SECONDARY:
