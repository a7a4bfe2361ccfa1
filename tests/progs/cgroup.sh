# cgroup.sh: a memory cgroup for what the kernel's OOM killer is to take. For shell tests, sourced before lib.sh, of
# which it uses the words.
# shellcheck shell=sh

# A memory cgroup of 24 MiB; its path is in $cgroup.
make_cgroup() {
	[ "$(id -u)" = 0 ] || skip "needs root"
	for top in /sys/fs/cgroup/memory /sys/fs/cgroup; do
		cgroup=$(mktemp -d "$top/procguard-test.XXXXXX" 2>/dev/null) || continue
		trap 'end_started_; remove_cgroup' EXIT
		for file in memory.limit_in_bytes memory.max; do
			[ -e "$cgroup/$file" ] && echo 24M >"$cgroup/$file" 2>/dev/null && limited=yes
		done
		echo 0 2>/dev/null >"$cgroup/memory.swap.max"
		echo 24M 2>/dev/null >"$cgroup/memory.memsw.limit_in_bytes"
		echo 0 2>/dev/null >"$cgroup/memory.swappiness"
		[ "${limited-}" ] && return
		rmdir "$cgroup"
	done
	skip "no memory cgroup can be made"
}

remove_cgroup() {
	while read -r pid_; do
		kill -KILL "$pid_"
	done <"$cgroup/cgroup.procs"
	tries_=100
	until rmdir "$cgroup" || [ $tries_ = 0 ]; do
		tries_=$((tries_ - 1))
		sleep 0.05
	done
}
