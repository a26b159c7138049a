/** Files that take a minute or more. They begin first: one of them alone at the end would leave a core without work. */
const longest = [
	'boot/disk-guest',
	'scripts/model/model',
	'boot/shares',
	'differential/differential',
	'guests/asids',
	'boot/disks',
	'stress/by-turns',
	'stress/stress',
	'boot/debian',
	'litmus/litmus',
	'tlb/torture',
].map((name) => `/test/${name}.test.ts`)

/** @param {string} file @returns {number} smaller: earlier */
function rank(file) {
	const place = longest.findIndex((name) => file.endsWith(name))
	return place < 0 ? longest.length : place
}

export default {
	files: ['test/**/*.test.ts'],
	extensions: {ts: 'module'},
	require: ['./test/support/built-threads.ts'],
	concurrency: 2,
	timeout: '10m',
	workerThreads: false,
	/** @param {string} one @param {string} other */
	sortTestFiles: (one, other) => rank(one) - rank(other) || (one < other ? -1 : 1),
}
