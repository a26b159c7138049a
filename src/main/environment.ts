/** The environment variables that the program reads. */
export const environmentVariables = {
	cache: {
		name: 'XDG_CACHE_HOME',
		about:
			'absolute path to use instead of `~/.cache`; fetched guests and what was translated of them are in its folder `manyhart`',
	},
	runtime: {
		name: 'XDG_RUNTIME_DIR',
		about:
			'folder whose folder `manyhart` has the sockets of machines with names; default: `manyhart-UID` in the folder for temporary files',
	},
	debianMirror: {
		name: 'MANYHART_DEBIAN_MIRROR',
		about: "Debian mirror to use instead of the one in the machine's apt sources",
	},
	queuePassword: {
		name: 'REDISCLI_AUTH',
		about: 'password of the Redis that `manyhart campaign --queue` names, if the address has none',
	},
	debug: {name: 'MANYHART_DEBUG', about: 'if not empty, failures are shown with a stack trace'},
} as const
