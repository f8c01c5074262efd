# make | run | test | lint | asan | tsan | fuzz | bench | torture | install | deb
# One directory per flavour under build/; generated code in build/gen. `make help` lists the targets.
FLAVOUR ?= release
B := build/$(FLAVOUR)
CC := gcc
PYTHON := $(if $(wildcard build/venv/bin/python),build/venv/bin/python,python3)
LIBS := -lmicrohttpd -lcurl -lsqlite3 -lpq -lcrypto -ldeflate -lzstd -lyaml -lpcre2-8 -lmaxminddb -lexpat -lz -lm -lpthread

STRICT := -Wall -Wextra -Wpedantic -Werror -Wconversion -Wsign-conversion -Wshadow -Wstrict-prototypes \
  -Wmissing-prototypes -Wold-style-definition -Wundef -Wvla -Wcast-qual -Wformat=2 -Wwrite-strings -Wpointer-arith \
  -Wdouble-promotion -Wimplicit-fallthrough -fno-common
STRICT_GCC := -Wnull-dereference -Wlogical-op -Wduplicated-cond -Wduplicated-branches -Wcast-align=strict
STRICT_CLANG := -Wcomma -Wassign-enum -Wconditional-uninitialized -Wunreachable-code
OPTIMISE_release := -O2 -g -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection -fcf-protection
OPTIMISE_asan := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -Wno-error
OPTIMISE_tsan := -O1 -g -fsanitize=thread -Wno-error
LINK_release := -Wl,-z,relro,-z,now
LINK_asan := -fsanitize=address,undefined
LINK_tsan := -fsanitize=thread
IS_CLANG := $(findstring clang,$(CC))
CFLAGS := -std=c17 -D_GNU_SOURCE -Isrc -Ibuild/gen -I. -I/usr/include/postgresql -fPIE -pthread $(STRICT) \
  $(if $(IS_CLANG),$(STRICT_CLANG),$(STRICT_GCC)) $(OPTIMISE_$(FLAVOUR)) -MMD -MP
LDFLAGS := -pie $(LINK_$(FLAVOUR))

# Rooms in link order: a room may use those to its right.
ROOMS := svc comply detect ingest policy match store wire net crypto base
SOURCES := $(filter-out %_test.c %_fuzz.c,$(shell find src -name '*.c'))
room_objects = $(patsubst %.c,$(B)/%.o,$(filter src/$(1)/%,$(SOURCES)))
LIBRARIES := $(foreach room,$(ROOMS),$(if $(filter src/$(room)/%,$(SOURCES)),$(B)/lib$(room).a))
TESTS := $(patsubst src/%.c,$(B)/test/%,$(shell find src -name '*_test.c'))

SERVICES := $(patsubst src/svc/%/ops.tsv,%,$(wildcard src/svc/*/ops.tsv))
GENERATED := $(SERVICES:%=$(B)/gen/%_model.o) $(B)/gen/services.o $(B)/gen/schema.o
APP := $(call room_objects,app)
FUZZERS := $(patsubst fuzz/%.c,build/fuzz/%,$(wildcard fuzz/*_fuzz.c))

.PHONY: all unit clean lint help
.SECONDARY:
all: $(if $(APP),$(B)/yagura,$(LIBRARIES))

$(B)/yagura: $(APP) $(LIBRARIES) $(B)/libgen.a
	$(CC) $(LDFLAGS) $(APP) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBS) -o $@

define room_rule
$(B)/lib$(1).a: $(call room_objects,$(1))
	@rm -f $$@
	ar rcs $$@ $$^
endef
$(foreach room,$(ROOMS),$(eval $(call room_rule,$(room))))
$(B)/libgen.a: $(GENERATED)
	@rm -f $@
	ar rcs $@ $^

$(B)/src/%.o: src/%.c | build/gen/.stamp
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c $< -o $@
$(B)/tests/%.o: tests/%.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c $< -o $@
# Generated tables are long and regular: no strict warnings are lost on them, only time.
$(B)/gen/%.o: build/gen/%.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -O0 -Wno-overlength-strings -c $< -o $@
$(SERVICES:%=build/gen/%_model.c) build/gen/services.c build/gen/schema.c: build/gen/.stamp

# Wire code, operation tables and schemas, from the service models and each service's ops.tsv and schema/.
build/gen/.stamp: $(wildcard tools/model.py tools/model/*.py src/svc/*/ops.tsv src/svc/*/schema/*.sql src/store/schema/*.sql)
	@mkdir -p build/gen
	$(if $(wildcard tools/model.py),$(PYTHON) tools/model.py --out build/gen)
	@touch $@

# One binary per test file: make unit, or make unit T=src/wire/json
$(B)/test/%: $(B)/src/%.o $(B)/tests/runner.o $(LIBRARIES) $(B)/libgen.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBS) -lcmocka -o $@
unit: $(filter $(B)/test/$(patsubst src/%,%,$(T))%,$(TESTS))
	@failed=0; for t in $^; do $$t || failed=1; done; exit $$failed

build/fuzz/%: fuzz/%.c
	@mkdir -p $(@D)
	$(MAKE) FLAVOUR=fuzz CC=clang build/fuzz-lib
	clang $(CFLAGS) -fsanitize=fuzzer,address,undefined $< -o $@

clean:
	rm -rf build
-include $(shell find $(B) -name '*.d' 2>/dev/null)
