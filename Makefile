# `make demo` shows wharf at work in a machine of its own; `make test` runs every test there is.
# Both install what they need on Debian 12 or Ubuntu 24.04 and say so first.

PREFIX ?= /usr/local
DESTDIR ?=
export PATH := $(PATH):$(or $(CARGO_HOME),$(HOME)/.cargo)/bin
TARGET ?= $(shell PATH='$(PATH)' rustc -vV 2>/dev/null | sed -n 's/^host: //p')
# One file that needs nothing of the host: see "Release" in ARCHITECTURE.md.
RELEASE := target/wharf
DEB := target/wharf.deb
CARGO_DEB := 3.8.0
# The service under test and the load on it, for machines and containers that hold nothing else.
TRAFFIC := target/traffic
SOURCES := $(shell find src units web -type f -not -path '*/node_modules/*') build.rs Cargo.toml Cargo.lock
STAGED := $(if $(DESTDIR),--root '$(DESTDIR)')

.PHONY: demo test test-fast bench soak release traffic install uninstall deb lint schemas lab-up lab-ssh lab-down clean

demo:
	tests/run demo

test:
	tests/run all

# Under a minute once built; no docker, no machines.
test-fast:
	tests/run fast

bench: release traffic
	tests/run bench

soak: release traffic
	tests/run soak

lint:
	tests/run lint

# The schemas of the files people write, for their editors; a test keeps them as the readers are.
schemas:
	cargo run --quiet --locked -- schema cluster >examples/cluster.schema.json
	cargo run --quiet --locked -- schema service >examples/service.schema.json

release: $(RELEASE)

$(RELEASE): $(SOURCES)
	tests/toolchain
	RUSTFLAGS='-C target-feature=+crt-static' cargo build --release --locked --target $(TARGET)
	install -D -m 755 target/$(TARGET)/release/wharf $@

traffic: $(TRAFFIC)

# Small and quick to build as it is: not the release profile's minutes of linking.
$(TRAFFIC): $(shell find tests/traffic -type f) Cargo.lock
	tests/toolchain
	RUSTFLAGS='-C target-feature=+crt-static' cargo build --profile lab --locked --target $(TARGET) --package traffic
	install -D -m 755 target/$(TARGET)/lab/traffic $@

install: $(RELEASE)
	$(RELEASE) install --prefix '$(PREFIX)' $(STAGED)

# The installed one knows what it wrote.
uninstall:
	'$(DESTDIR)$(PREFIX)/bin/wharf' uninstall --prefix '$(PREFIX)' $(STAGED)

# The units are left out: the package renders them for the systemd of the host it lands on.
# cargo-deb has a folder of its own, since it would keep its scratch in target/wharf.
# cargo-deb without its default features needs no library of the host: it calls xz.
deb: $(DEB)

$(DEB): $(RELEASE) README.md CHANGELOG.md $(wildcard packaging/*)
	command -v cargo-deb >/dev/null || cargo install cargo-deb --locked --version '$(CARGO_DEB)' --no-default-features
	rm -rf target/stage
	$(RELEASE) install --prefix /usr --root target/stage
	CARGO_TARGET_DIR=target/deb cargo deb --no-build --no-strip --output $@

lab-up:
	tests/lab/install
	tests/lab/lab up

lab-ssh:
	tests/lab/lab ssh

lab-down:
	tests/lab/lab down

clean:
	cargo clean
