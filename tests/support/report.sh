# Phases, their times, and the one line at the end.
#
# A phase is a function. What it tests it leaves in build/results: a JUnit file, a copy of meson's
# testlog, or a line by report_pass / report_fail. support/tally.py counts them.

results=$top/build/results

report_start() {
	rm -rf "$results"
	mkdir -p "$results/log"
	run_began=$SECONDS
}

# phase NAME FUNCTION [ARG...]: a failing phase does not end the run; it is counted.
phase() {
	local name=$1 began=$SECONDS cpu
	cpu=$(cpu_seconds)
	shift
	printf '== %s\n' "$name"
	if ! "$@"; then
		report_fail phase "$name"
	fi
	printf '   %s: %d s, %d s of CPU\n' "$name" $((SECONDS - began)) $(($(cpu_seconds) - cpu))
}

# What all children that ended have used: fields 16 and 17 of proc(5)'s stat, in ticks. A wall time
# says little on a machine that others use too.
cpu_seconds() {
	local stat
	read -ra stat <"/proc/$$/stat"
	echo $(((stat[15] + stat[16]) / $(getconf CLK_TCK)))
}

report_pass() {
	printf 'pass\t%s\t%s\n' "$1" "$2" >>"$results/phases.tsv"
}

report_fail() {
	printf 'fail\t%s\t%s\n' "$1" "$2" >>"$results/phases.tsv"
}

# quietly NAME COMMAND...: output goes to a log, of which the end is shown on failure.
quietly() {
	local log=$results/log/$1.log
	shift
	if ! "$@" >"$log" 2>&1; then
		grep -nE 'error|FAILED|warning:' "$log" | head -20 || true
		tail -n 25 "$log"
		return 1
	fi
}

report_end() {
	printf '== total: %d s, %d s of CPU\n' $((SECONDS - run_began)) "$(cpu_seconds)"
	python tests/support/tally.py "$results"
}
