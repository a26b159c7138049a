/** The environment variables that are heeded. */

export const environmentVariables = {
	cache: {
		name: 'XDG_CACHE_HOME',
		about: 'an absolute path instead of `~/.cache`: fetched guests lie in its folder `manyhart`',
	},
	debianMirror: {name: 'MANYHART_DEBIAN_MIRROR', about: "another Debian mirror than that of the machine's apt sources"},
	debug: {name: 'MANYHART_DEBUG', about: 'not empty: a failure is shown with its stack'},
} as const
