#!/usr/bin/env bash
# Requests that fail while routes change a hundred times, and a thousand configurations no proxy takes: what the test
# `ingress` does a part of in each run. WHARF_INGRESS_CHANGES=100, WHARF_INGRESS_MALFORMED=1000.
set -euo pipefail
cd "$(dirname "$0")/.."
export WHARF_INGRESS_CHANGES=${WHARF_INGRESS_CHANGES:-100} WHARF_INGRESS_MALFORMED=${WHARF_INGRESS_MALFORMED:-1000}
cargo test --quiet --locked --test ingress changes:: -- --nocapture --test-threads=1 2>/dev/null |
    grep -e ' failed, over ' -e 'were held back' -e 'test result'
