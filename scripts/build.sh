# What ./start and ./check share: Debian's packages and the build. Sourced
# by both, from the top of the tree.

BUILD_PACKAGES='build-essential pkg-config autoconf automake
	libnice-dev libgnutls28-dev libsrtp2-dev libnng-dev libevent-dev
	libwslay-dev libavformat-dev libavcodec-dev libavfilter-dev
	libavutil-dev libjansson-dev libyaml-dev libcurl4-gnutls-dev
	nettle-dev libseccomp-dev uthash-dev fonts-dejavu-core'

TEST_PACKAGES='clang cppcheck
	git libcmocka-dev mandoc jq curl xz-utils iproute2 util-linux
	openssl procps chromium tshark mosquitto coturn
	libvlc5 vlc-plugin-base librtsp-server-perl ffmpeg
	cmake python3-dev python3-pip
	python3-aiortc python3-gi python3-paho-mqtt python3-requests
	gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good
	gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly gstreamer1.0-nice
	gstreamer1.0-libav gir1.2-gst-plugins-base-1.0
	gir1.2-gst-plugins-bad-1.0 gir1.2-gst-rtsp-server-1.0'

jobs=$(nproc)

say() {
	printf '==> %s\n' "$*"
}

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "needs root or sudo for: $*"
	fi
}

# missing_packages NAME...: those that are not installed.
missing_packages() {
	for package; do
		state=$(dpkg-query -W -f '${db:Status-Status}' \
			"$package" 2>/dev/null)
		[ "$state" = installed ] || printf '%s ' "$package"
	done
}

# install_packages NAME...: what is missing of them, and nothing else.
install_packages() {
	missing=$(missing_packages "$@")
	[ -n "$missing" ] || return 0
	command -v apt-get >/dev/null || die "this is no Debian (there is no" \
		"apt-get): README.md's \"The classic build\" lists what to" \
		'install and how to build it'
	say "installing from Debian: $missing"
	as_root apt-get -q update || die 'apt-get update failed'
	# shellcheck disable=SC2086
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -q install -y \
		--no-install-recommends $missing ||
		die 'apt-get install failed'
}

# Debian's Node, unless there is one that will do.
node_packages() {
	version=$(node --version 2>/dev/null)
	version=${version#v}
	if [ "${version%%.*}" -ge 18 ] 2>/dev/null &&
	    command -v npm >/dev/null; then
		return 0
	fi
	echo nodejs npm
}

# configure_tree FOLDER [CONFIGURE-OPTION...]: if it is not yet, or was with
# other options the last time.
configure_tree() {
	folder=$1
	shift
	if [ ! -x configure ] || [ configure.ac -nt configure ]; then
		say 'bootstrap'
		./bootstrap || return 1
	fi
	mkdir -p "$folder" || return 1
	if [ ! -f "$folder/Makefile" ] ||
	    [ "$(cat "$folder/options" 2>/dev/null)" != "$*" ]; then
		say "configure in $folder/"
		(cd "$folder" && ../configure --prefix="$PWD/inst" "$@") ||
			return 1
		printf '%s\n' "$*" >"$folder/options"
	fi
}

# build_tree FOLDER [CONFIGURE-OPTION...]: compiled and installed into
# FOLDER/inst; does what is left to do.
build_tree() {
	configure_tree "$@" || return 1
	folder=$1
	say "make in $folder/"
	make -s -C "$folder" -j"$jobs" &&
		make -s -C "$folder" install >"$folder/install.log"
}
