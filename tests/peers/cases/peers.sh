# SPDX-License-Identifier: BSD-3-Clause
# What the groups of cases share (sourced, bash): where things are, daemons started and
# ended, and the guest suite's ways to judge a case.  run sets PEERS_BUILD and PEERS_OUT.

peers=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$peers/../../tools/lib.sh"
set +e +o pipefail	# cases fail one by one; and end pipes early
scratch=$PEERS_OUT/scratch	# common.sh puts what a case said there
mkdir -p "$scratch"
. "$peers/../guest/cases/common.sh"
. "$peers/../guest/cases/encrypt.sh"
. "$peers/../guest/cases/driver.sh"

PLUGIN=$PEERS_BUILD/drivers/crypto/vcrypto/librte_crypto_vcrypto.so
vcryptod=$PEERS_BUILD/app/vcryptod/vcryptod
kat=$PEERS_BUILD/tests/kat
guest=$top/tests/guest
PATH=$PATH:$PEERS_BUILD/examples:$PEERS_BUILD/tests/guest:$PEERS_BUILD/tests/peers
memory="--no-huge -m 512"
eal="--no-pci --no-telemetry --no-shconf"
ready_s=120		# the longest that a daemon may take to be ready
lost_s=1200		# and lost, for all of its cases
not_about_us=""		# what QEMU may say, an extended regular expression
sockets=$(mktemp -d)	# a socket's path has to be short
at_end 'rm -rf "$sockets"'
log_of=()		# by pid

skip()
{
	echo "SKIP $group: $1"
}

# So that a program that takes long is no reason to go on.
timeout()
{
	held command timeout "$@"
}

# require_...: what a group needs, or it is skipped.
require_cryptography()
{
	/usr/bin/python3 -c "import cryptography" 2>/dev/null && return
	skip "no python3-cryptography (tools/setup installs it)"
	exit 0
}

# require_source FILE: of an example of DPDK's.
require_source()
{
	[ ! -f "$1" ] || return 0
	skip "DPDK's source is not unpacked (tools/setup --dpdk-source)"
	exit 0
}

# in_own_network: the script begins once more in a network namespace, with tap interfaces, that
# ends with it.
in_own_network()
{
	[ -z "${IN_OWN_NETWORK:-}" ] || return 0
	if [ ! -c /dev/net/tun ] || ! unshare --net true 2>/dev/null; then
		skip "no network namespace with tap interfaces on this machine, or no right to it"
		exit 0
	fi
	rm -rf "$sockets"
	IN_OWN_NETWORK=yes exec unshare --net "$0"
}

# start_daemon LOG TEXT COMMAND...: runs it, and waits for TEXT in its output.  Its pid
# is in daemon.
start_daemon()
{
	local log=$1 text=$2
	shift 2
	: >"$log"	# an earlier one's line would be taken for this one's
	"$@" >"$log" 2>&1 </dev/null &
	daemon=$!
	log_of[daemon]=$log
	has_said "$text" "$log" "$daemon" $ready_s || { tail -n 5 "$log" >&2; return 1; }
}

# start_vcryptod NAME [OPTION...]: listens at $socket, says what it does in NAME.log.
start_vcryptod()
{
	local name=$1
	shift
	socket=$sockets/$name
	start_daemon "$PEERS_OUT/$name.log" ': ready: ' "$vcryptod" --socket "$socket" "$@"
}

# start_pair [OPTION...]: two of them, first and second, with options for each; pid_of and
# socket_of have theirs.
declare -A pid_of socket_of
start_pair()
{
	local name
	for name in first second; do
		check "the $name vcryptod starts" start_vcryptod $name "$@"
		pid_of[$name]=$daemon socket_of[$name]=$socket
	done
}

end_pair()
{
	local name
	for name in first second; do
		daemon=${pid_of[$name]}
		check "the $name vcryptod ends with 0 after SIGTERM" end_cleanly
	done
}

# find_qemu DEVICE: the first QEMU that has it; nothing if there is none.
find_qemu()
{
	local one
	for one in "$peer_qemu_dir/qemu-system-x86_64" qemu-system-x86_64; do
		if "$one" -device "$1,help" >/dev/null 2>&1; then
			echo "$one"
			return
		fi
	done
}

# test_device_line QUEUES SIZE: that device as a virtio crypto device on boot_guest's chardev.
# This front end takes the protocol feature STATUS and then sets no status: vcryptod must
# not offer it.
test_device_line()
{
	local line=vhost-user-test-device-pci,chardev=daemon,virtio-id=20
	echo "$line,num_vqs=$1,vq_size=$2,config_size=56"
}

no_complaint()
{
	[ -f "$1" ] && ! grep -vE "${not_about_us:-a^}" "$1"	# a^ is in no line
}

# The guest's memory, 1280 MB of it, as arguments of boot: one piece, or one for each of
# $guest_nodes NUMA nodes.
guest_nodes=0
guest_memory()
{
	local i
	if [ "$guest_nodes" = 0 ]; then
		printf -- '--qemu-arg %s ' -object \
			memory-backend-memfd,id=shared,size=1280M,share=on \
			-machine memory-backend=shared
		return
	fi
	for ((i = 0; i < guest_nodes; i++)); do
		printf -- '--qemu-arg %s ' -object \
			"memory-backend-memfd,id=node$i,size=$((1280 / guest_nodes))M,share=on" \
			-numa "node,nodeid=$i,memdev=node$i"
	done
}

# read_recipe: the block of doc/guide.md that has QEMU's vhost-user back end, as a user would
# take it: the daemon's options in recipe_daemon, QEMU's arguments behind its memory's size
# in recipe_qemu.
recipe_daemon="" recipe_qemu=()
read_recipe()
{
	local block
	block=$(awk -v RS= '/vcryptod --socket/ && /-object cryptodev-vhost-user,/' \
		"$top/doc/guide.md" | sed -e ':a' -e '/\\$/N; s/\\\n//; ta')
	recipe_daemon=$(sed -n 's/^ *vcryptod --socket [^ ]*\(.*\) &$/\1/p' <<<"$block")
	block=$(sed -n 's/^ *qemu-system-x86_64 .* -m [0-9]* \(.*\) \.\.\.$/\1/p' <<<"$block")
	read -r -a recipe_qemu <<<"$block"
	[ ${#recipe_qemu[@]} -gt 0 ]
}

# boot_recipe OUT ARGUMENT...: as boot_guest, with what read_recipe has read.  The paths of
# the socket are made ours, and the memory has boot_guest's size.
boot_recipe()
{
	local out=$1 word arguments=()
	shift
	for word in "${recipe_qemu[@]}"; do
		word=$(sed 's/size=[0-9]*M/size=1280M/' <<<"$word")
		[[ $word != socket,* ]] || word=${word%path=*}path=$socket
		arguments+=(--qemu-arg "$word")
	done
	boot_judged "$out" --platform no --functions 0 "${arguments[@]}" "$@"
}

# boot_guest OUT ARGUMENT...: boots a guest that runs OUT.script, with boot's ARGUMENTs, and
# shows what its cases said.  Its memory is shared with the vcryptod at $socket, which is
# QEMU's chardev "daemon".
boot_guest()
{
	local out=$1
	shift
	boot_judged "$out" $(guest_memory) --qemu-arg -chardev \
		--qemu-arg "socket,id=daemon,path=$socket" "$@"
}

# boot_judged OUT ARGUMENT...: the same without a back end; a later argument wins.
boot_judged()
{
	local out=$1 code=0
	shift
	held "$guest/boot" --build "$PEERS_BUILD" --script "$out.script" --out "$out" \
		--input "$guest/cases/common.sh" --iommu no --memory 1280 "$@" || code=$?
	[ ! -f "$out/log" ] || grep -E '^(PASS|FAIL|NOTE|    )' "$out/log"
	cat "$out/log" "$out/qemu.err" "$out/monitor" >"$scratch/said" 2>/dev/null
	if [ $code -ge 124 ]; then
		verdict FAIL "the guest ends as it should"
	elif ! grep -qE '^(PASS|FAIL)' "$out/log"; then
		verdict FAIL "a case runs in the guest"
	elif [ $code != 0 ]; then
		verdict FAIL "the guest's script comes to its end"
	fi
	check "QEMU has no complaint" no_complaint "$out/qemu.err"
}

more_counters()
{
	[ "$(grep -c ': requests ' "$1")" -gt "$2" ]
}

# counters NAME PID: what that daemon's device has counted, "requests N" and more.
counters()
{
	local log=$PEERS_OUT/$1.log before
	before=$(grep -c ': requests ' "$log")
	kill -USR1 "$2" && comes_true more_counters "$log" "$before" || return
	sed -n 's/.*: requests/requests/p' "$log" | tail -n 1
}

# requests NAME PID: how many requests it has served.
requests()
{
	counters "$@" | sed 's/^requests \([0-9]*\).*/\1/'
}

# requests_of NAME: of one of start_pair's.
requests_of()
{
	requests "$1" "${pid_of[$1]}"
}

# no_session_left NAME CREATED: of one of start_pair's, whose device has had so many (a
# regular expression).
no_session_left()
{
	counters "$1" "${pid_of[$1]}" | grep " sessions 0 created $2 "
}

# answer_counters NAME: each line of the guest with that daemon's counters, until it is ended.
answer_counters()
{
	while read -r _ <&3; do
		counters "$1" "$daemon" >&4 || return
	done
}

# open_counters_port NAME: boot_guest's guest, given the arguments in counters_port, asks for
# the last daemon's counters over a virtio port of its own (kernel_common.sh does so).
open_counters_port()
{
	local pipe=$sockets/$1.counters
	mkfifo "$pipe.in" "$pipe.out"
	exec 3<>"$pipe.out" 4<>"$pipe.in"
	answer_counters "$1" &
	answerer=$!
	counters_port=(--qemu-arg -chardev --qemu-arg "pipe,id=counters,path=$pipe"
		--qemu-arg -device --qemu-arg virtserialport,chardev=counters,name=counters)
}

close_counters_port()
{
	kill $answerer
	wait $answerer 2>/dev/null
	exec 3>&- 4>&-
}

# served NAME: that daemon's device has had requests, so that what passed has not passed
# without it.  The last that was started.
served()
{
	counters "$1" "$daemon" | grep '^requests [1-9]'
}

# no_queue_stopped NAME: that daemon never gave a queue up.
no_queue_stopped()
{
	[ -f "$PEERS_OUT/$1.log" ] && ! grep stopped: "$PEERS_OUT/$1.log"
}

# The last daemon ends by SIGTERM, and none of its device processes has died before.
end_cleanly()
{
	kill "$daemon" && wait "$daemon" && ! grep 'it starts again' "${log_of[daemon]}"
}

# A key pair for the keyring, what it signs, and what it encrypts.
make_key()
{
	openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 \
		-out "$PEERS_OUT/key.pem" &&
		openssl pkcs8 -topk8 -nocrypt -in "$PEERS_OUT/key.pem" -outform DER \
			-out "$PEERS_OUT/key.pk8" &&
		head -c 32 "$PEERS_OUT/key.pk8" >"$PEERS_OUT/digest"
}

# compile_example ARGUMENT...: one of DPDK's examples, as it is, into $example.
compile_example()
{
	# shellcheck disable=SC2046
	${CC:-cc} -O2 -w -DALLOW_EXPERIMENTAL_API $(pkg-config --cflags libdpdk) "$@" \
		-o "$example" $(pkg-config --libs libdpdk)
}

# autotest_sum WHAT LOG: how many cases of dpdk-test are WHAT: Passed, Failed or Skipped.
autotest_sum()
{
	sed -n "s/^ + Tests $1 *: *\([0-9]*\).*/\1/p" "$2" | tail -n 1
}

# driver.sh asks for the device by this: here it is the vdev.
driver_eal()
{
	local vdev=crypto_virtio_user0,path=$socket,ctrl_timeout_ms=60000$vdev_options
	echo "$memory $eal -d $PLUGIN --vdev $vdev"
}
