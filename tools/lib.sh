# SPDX-License-Identifier: BSD-3-Clause
# Shell helpers of tools/ and tests/ (sourced, bash).  Owns the names of the
# folders below build/ and the way that these scripts speak; changes nothing by
# being read.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
setup_dir=$top/build/setup	# what tools/setup fetches
sdk_dir=$setup_dir/dpdk-sdk	# DPDK's driver headers
kernel_dir=$setup_dir/kernel	# Debian's kernel, unpacked
vdpa_kernel_dir=$setup_dir/kernel-vdpa	# a later one, with vp_vdpa
dpdk_source_dir=$setup_dir/dpdk-source
peer_qemu_dir=$setup_dir/qemu-sid	# a newer QEMU, unpacked
dpdk_releases_dir=$setup_dir/dpdk-releases	# later ones, a folder per Debian suite
program=$(basename "$0")

# One line of progress.
say()
{
	printf '%s: %s\n' "$program" "$*"
}

# One line that says what is wrong and what to do, and the end.
die()
{
	printf '%s: error: %s\n' "$program" "$*" >&2
	exit 1
}

# build_folder DIR: its whole path.
build_folder()
{
	(cd "$1" 2>/dev/null && pwd) || die "no build folder $1"
}

# has_said TEXT LOG PID SECONDS: waits until that process has written TEXT to LOG; false if it
# ends before, or takes longer.
has_said()
{
	local text=$1 log=$2 pid=$3 turns=$(($4 * 10))
	until grep -qs -- "$text" "$log"; do
		turns=$((turns - 1))
		[ $turns -gt 0 ] && kill -0 "$pid" 2>/dev/null || return 1
		sleep 0.1
	done
}

# deb_installed NAME...: true if all of these Debian packages are installed.
deb_installed()
{
	local states
	states=$(dpkg-query -W -f '${db:Status-Status}\n' "$@" 2>/dev/null) || return 1
	! grep -qvx installed <<<"$states"
}

# run_logged LOG COMMAND...: all output to LOG; its end is shown if the command fails.
run_logged()
{
	local log=$1
	shift
	if ! "$@" >"$log" 2>&1 </dev/null; then
		tail -n 25 "$log" >&2
		return 1
	fi
}

# meson_configure DIR [ARGUMENT...]: once.  The logs of this and of ninja_build stay
# beside the build folder.  False after a line that says what failed.
meson_configure()
{
	local dir=$1
	shift
	[ ! -f "$dir/build.ninja" ] || return 0
	mkdir -p "$(dirname "$dir")"
	run_logged "$dir.setup.log" meson setup "$dir" "$top" "$@" || {
		say "meson setup failed: see $dir.setup.log"
		return 1
	}
}

# ninja_build DIR [TARGET...]: these, or all.
ninja_build()
{
	local dir=$1
	run_logged "$dir.build.log" ninja --quiet -C "$@" || {
		say "the build failed: see $dir.build.log"
		return 1
	}
}

meson_build()
{
	meson_configure "$@" && ninja_build "$1"
}
