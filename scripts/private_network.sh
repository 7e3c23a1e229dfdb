#!/bin/sh
# private_network.sh COMMAND...: runs it in namespaces of its own, so that
# port 1984 and 192.168.1.100 are free, nothing gets out, and whatever it
# started is gone when it ends. Has lo and, for ICE wants an address that
# is not loopback, a cable to nowhere.
if [ "${LULL_PRIVATE-}" != yes ]; then
	[ "$(id -u)" = 0 ] || map=--map-root-user
	# shellcheck disable=SC2086
	LULL_PRIVATE=yes exec unshare ${map-} --net --pid --fork \
		--kill-child --mount-proc "$0" "$@"
fi
ip link set lo up &&
	ip address add 192.168.1.100/32 dev lo &&
	ip link add cable0 type veth peer name cable1 &&
	ip address add 10.20.0.1/24 dev cable0 &&
	ip link set cable0 up &&
	ip link set cable1 up &&
	ip route add default via 10.20.0.2 || exit 1
# Not by exec: the shell, process 1 here, buries orphans.
"$@"
