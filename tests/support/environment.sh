# The environment of a run: nothing of the caller's Python, compiler flags or locale leaks in.

environment_clean() {
	# Debian's own python3 and tools first, whatever version managers put before them
	export PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH
	unset PYTHONPATH PYTHONHOME PYENV_VERSION VIRTUAL_ENV
	unset CC CFLAGS CPPFLAGS LDFLAGS DESTDIR NOTIFY_SOCKET WATCHDOG_USEC CREDENTIALS_DIRECTORY
	unset ASTRAD_HOOK ASTRAD_CLOCK
	export LC_ALL=C.UTF-8 TZ=UTC PYTHONDONTWRITEBYTECODE=1
	# a checkout that belongs to another user is still ours to read
	export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*'
}

python() {
	PYTHONPATH=$top/tests/support /usr/bin/python3 "$@"
}
