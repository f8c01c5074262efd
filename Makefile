# make | run | test | unit | e2e | lint | asan | tsan | fuzz | bench | torture | install | deb | clean; `make help` tells.
# One folder per flavour under build/; generated code in build/gen. Whatever is missing is installed first (tools/setup.sh).
FLAVOUR ?= release
B := build/$(FLAVOUR)
CC := gcc
PYTHON = $(if $(wildcard build/venv/bin/python),build/venv/bin/python,python3)
LIBS := -lmicrohttpd -lgnutls -lcurl -lsqlite3 -lpq -lcrypto -ldeflate -lzstd -lyaml -lpcre2-8 -lmaxminddb -lexpat -lpsl -lseccomp -lz -lm -lpthread
VERSION = $(shell sed -n 's/.*define YAGURA_VERSION "\(.*\)"/\1/p' src/app/commands.h)
LOGS ?= examples/logs
PREFIX ?= /usr/local
Q := $(if $(V),,@)# make V=1 shows every command

ifeq ($(MAKELEVEL)$(filter -j%,$(MAKEFLAGS)),0)
MAKEFLAGS += -j$(shell nproc)
endif

STRICT := -Wall -Wextra -Wpedantic -Werror -Wconversion -Wsign-conversion -Wshadow -Wstrict-prototypes \
  -Wmissing-prototypes -Wold-style-definition -Wundef -Wvla -Wcast-qual -Wformat=2 -Wwrite-strings -Wpointer-arith \
  -Wdouble-promotion -Wimplicit-fallthrough -fno-common
STRICT_GCC := -Wnull-dereference -Wlogical-op -Wduplicated-cond -Wduplicated-branches -Wcast-align=strict
STRICT_CLANG := -Wcomma -Wassign-enum -Wconditional-uninitialized -Wunreachable-code
OPTIMISE_release := -O2 -g -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection -fcf-protection
OPTIMISE_clang := $(OPTIMISE_release)
OPTIMISE_asan := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -Wno-error
OPTIMISE_tsan := -O1 -g -fsanitize=thread -Wno-error
OPTIMISE_fuzz := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined -Wno-error
LINK_release := -Wl,-z,relro,-z,now
LINK_asan := -fsanitize=address,undefined
LINK_tsan := -fsanitize=thread
LINK_fuzz := -fsanitize=fuzzer,address,undefined
IS_CLANG := $(findstring clang,$(CC))
CFLAGS := -std=c17 -D_GNU_SOURCE -Isrc -Ibuild/gen -I. -I/usr/include/postgresql -I/usr/include/p11-kit-1 -fPIE -pthread $(STRICT) \
  $(if $(IS_CLANG),$(STRICT_CLANG),$(STRICT_GCC)) $(OPTIMISE_$(FLAVOUR)) -MMD -MP
LDFLAGS := -pie $(LINK_$(FLAVOUR))

# Rooms in link order: a room may use those to its right.
ROOMS := svc comply detect ingest policy match store wire net crypto sandbox base
SOURCES := $(filter-out %_test.c %_fuzz.c,$(shell find src -name '*.c'))
room_objects = $(patsubst %.c,$(B)/%.o,$(filter src/$(1)/%,$(SOURCES)))
LIBRARIES := $(foreach room,$(ROOMS),$(if $(filter src/$(room)/%,$(SOURCES)),$(B)/lib$(room).a))
TESTS := $(patsubst src/%.c,$(B)/test/%,$(shell find src -name '*_test.c'))
SERVICES := $(patsubst src/svc/%/ops.tsv,%,$(wildcard src/svc/*/ops.tsv))
GENERATED := $(SERVICES:%=$(B)/gen/%_model.o) $(B)/gen/services.o $(B)/gen/schema.o $(B)/gen/rules.o
ARCHIVES := $(LIBRARIES) $(B)/libgen.a
APP := $(call room_objects,app)
FUZZERS := $(patsubst fuzz/%.c,$(B)/bin/%,$(wildcard fuzz/*_fuzz.c))
link = $(CC) $(LDFLAGS) $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBS)

.PHONY: all run test unit tests e2e clients conformance lint asan tsan sanitized fuzz fuzzers bench bench-quality torture rotations rotation-functions install deb clean help
.SECONDARY:
all: $(if $(APP),$(B)/yagura,$(LIBRARIES)) ## build the binary: build/release/yagura

run: all ## serve on 127.0.0.1:4700 and follow LOGS= (default examples/logs), data in ./yagura-data
	$(B)/yagura serve --data ./yagura-data --listen 127.0.0.1:4700 --watch $(LOGS)

# What a suite runs must be built first; tests/run counts and prints the closing line.
SUITES := lint unit pytest:tests/e2e postgres:tests/e2e $(if $(wildcard tests/conformance/*.py),pytest:tests/conformance)
test: all tests build/.setup-test ## every test; ends with "N passed, N failed"
	@tests/run --flavour $(FLAVOUR) $(SUITES)
e2e: all build/.setup-test ## boto3, the AWS CLI and the SDK for JavaScript against the binary
	@tests/run --flavour $(FLAVOUR) pytest:tests/$@
clients: all build/.setup-test ## after e2e: its fewest tests that call every operation, through the AWS CLI and the SDK for JavaScript
	@tests/run --flavour $(FLAVOUR) clients:tests/e2e
conformance: all build/.setup-test ## held against models and what AWS once answered
	@tests/run --flavour $(FLAVOUR) pytest:tests/$@
lint: build/.setup-build ## who may include whom, banned functions, sizes
	@$(PYTHON) tools/lint.py
asan tsan: ## the tests under AddressSanitizer and UBSan, or ThreadSanitizer
	@$(MAKE) FLAVOUR=$@ CC=$(CC) sanitized
# TSan of gcc 12 can't live with the address randomisation of some kernels.
STEADY_tsan = $(shell setarch -R true 2>/dev/null && echo setarch -R)
sanitized: all tests build/.setup-test
	@$(STEADY_$(FLAVOUR)) tests/run --flavour $(FLAVOUR) unit pytest:tests/e2e
fuzz: build/.setup-test ## each fuzz target for FUZZ_SECONDS (10)
	@$(MAKE) FLAVOUR=fuzz CC=clang fuzzers
	@tests/run --flavour fuzz fuzz
fuzzers: $(FUZZERS)
torture: all build/.setup-build ## kill -9 under load, ROUNDS times (100): nothing acknowledged is lost
	@$(PYTHON) tests/torture.py --binary $(B)/yagura --rounds $(or $(ROUNDS),100)
rotations: all build/.setup-test rotation-functions ## a PostgreSQL password changed ROUNDS (100) times under CLIENTS (50), the server killed on the way
	@$(PYTHON) tests/rotations.py --binary $(B)/yagura --rotations $(or $(ROUNDS),100) --clients $(or $(CLIENTS),50)
rotation-functions: build/.setup-build ## zips of the rotation functions for PostgreSQL and MySQL: build/functions
	@$(PYTHON) tools/rotation_functions.py
BENCHES := sign_bench durable_bench audit_bench policy_bench benign_bench inflate_bench match_bench scan_bench pattern_bench sigma_bench flow_bench dns_bench memory_bench floor_bench simdjson_bench
bench: all build/.setup-bench $(BENCHES:%=$(B)/bench/%) ## every figure beside its peers'; ONLY=patterns runs one part
	@$(PYTHON) bench/run.py --binary $(B)/yagura $(ONLY:%=--only %)
bench-quality: all build/.setup-test $(B)/bench/benign_bench $(B)/bench/inflate_bench ## recall, false alarms, time to detect; ONLY=eks runs one part
	@$(PYTHON) bench/quality.py --binary $(B)/yagura $(ONLY:%=--only %)

install: all ## binary, manual pages, completions, systemd unit and rotation functions below DESTDIR
	@packaging/install.sh "$(DESTDIR)" "$(PREFIX)" $(B)/yagura $(VERSION)
deb: all build/.setup-deb ## build/yagura_VERSION_ARCH.deb
	@packaging/deb.sh $(VERSION) $(B)/yagura
clean: ## remove build/
	rm -rf build
help: ## this text
	@awk -F ':.*## ' '/^[a-z0-9 -]+:.*## / { printf "  %-18s %s\n", $$1, $$2 }' Makefile

build/.setup-%: tools/packages.txt tools/requirements.txt bench/requirements.txt tools/oracles/package.json tests/e2e/js/package-lock.json tools/setup.sh
	@tools/setup.sh $*
# One after the other: apt takes no two at once.
build/.setup-test build/.setup-bench build/.setup-deb: build/.setup-build

$(B)/yagura: $(APP) $(ARCHIVES)
	@echo '  ld $@'
	$(Q)$(link) -o $@
define room_rule
$(B)/lib$(1).a: $(call room_objects,$(1))
	@rm -f $$@
	@ar rcs $$@ $$^
endef
$(foreach room,$(ROOMS) app,$(eval $(call room_rule,$(room))))
$(B)/libgen.a: $(GENERATED)
	@rm -f $@
	@ar rcs $@ $^

$(B)/%.o: %.c | build/gen/.stamp
	@mkdir -p $(@D)
	@echo '  cc $@'
	$(Q)$(CC) $(CFLAGS) -c $< -o $@
# Generated tables are long and regular: optimising them costs only time.
$(B)/gen/%.o: build/gen/%.c
	@mkdir -p $(@D)
	@echo '  cc $@'
	$(Q)$(CC) $(CFLAGS) -O0 -U_FORTIFY_SOURCE -Wno-overlength-strings -c $< -o $@
# (the empty recipe below makes make look at the files again once they are written)
$(SERVICES:%=build/gen/%_model.c) build/gen/services.c build/gen/schema.c build/gen/rules.c $(wildcard build/gen/*.h): build/gen/.stamp ;

# Wire code, operation tables and schemas, from the service models and each service's ops.tsv and schema/.
build/gen/.stamp: tools/requirements.txt $(wildcard tools/embed_rules.py tools/model.py tools/model/*.py rules/*.tsv rules/anomaly/*.tsv rules/detections rules/detections/*.yml rules/audit rules/audit/*.json rules/models/*.model src/svc/*/ops.tsv src/svc/*/schema/*.sql src/store/schema/*.sql rules/policies/*.json rules/authorization/* rules/lambda/*) \
  | build/.setup-build
	@mkdir -p build/gen
	@echo '  generate build/gen'
	$(Q)$(PYTHON) tools/model.py --out build/gen
	$(Q)$(PYTHON) tools/embed_rules.py --out build/gen
	@touch $@

# One binary per test file: make unit, or make unit T=src/wire/json
$(B)/test/%: $(B)/src/%.o $(B)/tests/runner.o $(ARCHIVES) $(if $(APP),$(B)/libapp.a)
	@mkdir -p $(@D)
	@echo '  ld $@'
	$(Q)$(link) -lcmocka -o $@
$(TESTS:$(B)/test/%=$(B)/src/%.o) $(B)/tests/runner.o: | build/.setup-test
tests: $(TESTS)
unit: $(filter $(B)/test/$(patsubst src/%,%,$(T))%,$(TESTS)) ## unit tests, or those below T=src/...
	@failed=0; for t in $^; do $$t || failed=1; done; exit $$failed

# The codecs over our services, and over test models, which tests/conformance/protocols.py writes to build/conformance/gen.
CASE_MODELS := $(patsubst %.c,$(B)/%.o,$(wildcard build/conformance/gen/*.c))
$(B)/bin/protocols: $(CASE_MODELS) $(B)/libwire.a $(B)/libcrypto.a $(B)/libbase.a
$(B)/bin/services: $(ARCHIVES)
$(B)/bin/protocols $(B)/bin/services: $(patsubst %.c,$(B)/%.o,$(wildcard tests/conformance/*.c))
	@mkdir -p $(@D)
	@echo '  ld $@'
	$(Q)$(link) -o $@
$(B)/bin/%: $(B)/fuzz/%.o $(ARCHIVES)
	@mkdir -p $(@D)
	@echo '  ld $@'
	$(Q)$(link) -o $@
# What a conformance test asks through a pipe.
$(B)/bin/%: $(B)/tests/drivers/%.o $(ARCHIVES)
	@mkdir -p $(@D)
	@echo '  ld $@'
	$(Q)$(link) -o $@
$(B)/bench/audit_bench: $(B)/libapp.a
# simdjson chooses its code when it is compiled: for this machine.
$(B)/bench/%: bench/%.cc bench/simdjson_fields.h
	@mkdir -p $(@D)
	@echo '  cxx $@'
	$(Q)g++ -std=c++17 -O3 -march=native -Wall -Wextra -I. $< -lsimdjson -ldeflate -o $@
$(B)/bench/%: $(B)/bench/%.o $(ARCHIVES)
	@echo '  ld $@'
	$(Q)$(link) -o $@
-include $(shell find $(B) -name '*.d' 2>/dev/null)
