# shellcheck shell=bash disable=SC2034  # variables for those who source this
# Sourced by the scripts in setup/: where things are, and how to say what happens.
# Everything costly lives in one cache folder that all clones share. What depends
# on pins carries a hash of these pins in its name, so clones with different pins
# live side by side and a changed pin rebuilds only what it touches.

CHANNEL_REPO=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
CHANNEL_CACHE=${CHANNEL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/channel-inventory}
CHANNEL_LIB=$CHANNEL_REPO/setup/lib

# Debian keeps each version of PostgreSQL in a folder of its own, outside of PATH.
for bin in /usr/lib/postgresql/*/bin; do
    [ -x "$bin/initdb" ] && PATH=$PATH:$bin
done

# The same results on every machine: dates, sorting and messages.
export TZ=UTC LC_ALL=C.UTF-8 LANG=C.UTF-8
export PIP_DISABLE_PIP_VERSION_CHECK=1

say() { printf '%s\n' "$*" >&2; }
die() {
    say "setup: stopped: $*"
    exit 1
}
has() { command -v "$1" >/dev/null 2>&1; }

# Debian's own Python where Odoo runs on it: it is built with profile-guided
# optimization, which one that pyenv has compiled is not, and that is a sixth of the time.
default_python() {
    local debian=/usr/bin/python3
    if "$debian" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null &&
        { "$debian" -c 'import ensurepip, venv' 2>/dev/null || { [ "$(id -u)" = 0 ] && has apt-get; }; }; then
        echo "$debian"
    else
        echo python3
    fi
}
export PYTHON=${PYTHON:-$(default_python)}
short_hash() { sha256sum | cut -c1-12; }

# Debian's odoo-19 and what its web client links to. Only sid has it, and sid keeps
# one version at a time, so the version cannot be pinned; the Odoo series is.
ODOO_PACKAGES="odoo-19 libjs-jquery libjs-jquery-form libjs-underscore
    fonts-roboto-unhinted fonts-montserrat fonts-inconsolata fonts-ocr-b
    fonts-glyphicons-halflings"
# Files the Debian package lacks, or whose Debian release does not fit.
FONT_AWESOME=font-awesome@4.7.0
SELFIE_SEGMENTATION=@mediapipe/selfie_segmentation@0.1.1675465747
SHOPIFY_DEV_MCP=@shopify/dev-mcp@1.16.0
# The oldest is for somebody else's connector in setup/simulate.
SHOPIFY_VERSIONS="2026-01 2026-04 2026-07 2026-10"

# Of a command whose options are another program's, or that has none: what is written
# at its head.
help_or_go_on() {
    local word
    for word in "$@"; do
        case $word in
        -h | --help)
            sed -n '2,/^[^#]/{/^#/s/^# \{0,1\}//p}' "$0"
            exit 0
            ;;
        esac
    done
}

# Of a command that tells its options itself: nothing is installed for the question.
install_unless_asked() {
    case " $* " in
    *" --help "* | *" -h "*) ;;
    *) CHANNEL_QUIET=1 "$CHANNEL_REPO/setup/install" ;;
    esac
}

# Sets where Odoo, its virtual environment and the schemas are (or will be).
find_paths() {
    local python_id
    python_id=$("$PYTHON" -c 'import sys; print(sys.version, sys.base_prefix)')
    if [ -n "${ODOO_HOME:-}" ]; then
        CHANNEL_ODOO=$(cd "$ODOO_HOME" && pwd -P) || die "ODOO_HOME=$ODOO_HOME is not a folder"
    else
        CHANNEL_ODOO=$CHANNEL_CACHE/odoo-$(echo "$ODOO_PACKAGES $FONT_AWESOME $SELFIE_SEGMENTATION" | short_hash)
    fi
    CHANNEL_VENV=$CHANNEL_CACHE/venv-$({
        echo "$python_id $CHANNEL_ODOO"
        cat "$CHANNEL_LIB/odoo-requirements.txt" "$CHANNEL_REPO/requirements.txt" \
            "$CHANNEL_REPO/test-requirements.txt"
    } | short_hash)
    CHANNEL_SHOPIFY_SCHEMAS=$CHANNEL_CACHE/shopify-schemas
    PATH=$CHANNEL_VENV/bin:$PATH
    export CHANNEL_REPO CHANNEL_CACHE CHANNEL_ODOO CHANNEL_VENV CHANNEL_SHOPIFY_SCHEMAS PATH
}
