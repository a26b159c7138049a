/** What `bench -- io` measures: names, as the guest's script prints them, and what they mean. */

export const ioParts = ['raw', 'qcow2', 'share', 'net'] as const
export type IoPart = (typeof ioParts)[number]

/** @property per one unit of what is printed in one of what the guest or a program of the host counts. */
export type IoFigure = Readonly<{name: string; part: IoPart; title: string; unit: string; per: number}>

const mebibytes = {unit: 'MiB/s', per: 1 / 1024}
const operations = {unit: '/s', per: 1}
const megabits = {unit: 'Mbit/s', per: 1}

const diskFigures = (part: 'raw' | 'qcow2'): IoFigure[] => [
	{name: `${part}-read`, part, title: `${part}: read, 1 MiB, depth 4`, ...mebibytes},
	{name: `${part}-write`, part, title: `${part}: write, 1 MiB, depth 4`, ...mebibytes},
	{name: `${part}-random-read-1`, part, title: `${part}: random reads of 4 KiB, depth 1`, ...operations},
	{name: `${part}-random-write-1`, part, title: `${part}: random writes of 4 KiB, depth 1`, ...operations},
	{name: `${part}-random-read-32`, part, title: `${part}: random reads of 4 KiB, depth 32`, ...operations},
	{name: `${part}-random-write-32`, part, title: `${part}: random writes of 4 KiB, depth 32`, ...operations},
]

export const ioFigures: readonly IoFigure[] = [
	...diskFigures('raw'),
	...diskFigures('qcow2'),
	{name: 'share-read', part: 'share', title: '9p: read, 1 MiB', ...mebibytes},
	{name: 'share-write', part: 'share', title: '9p: write, 1 MiB', ...mebibytes},
	{name: 'share-random-read', part: 'share', title: '9p: random reads of 4 KiB', ...operations},
	{name: 'share-stat', part: 'share', title: '9p: stat, files', ...operations},
	{name: 'share-list', part: 'share', title: '9p: readdir and lstat (`find -type f`), files', ...operations},
	{name: 'share-make', part: 'share', title: '9p: create, files', ...operations},
	{name: 'share-remove', part: 'share', title: '9p: remove (`rm -r`), files', ...operations},
	{name: 'net-send', part: 'net', title: 'iperf3, the guest connects and sends', ...megabits},
	{name: 'net-receive', part: 'net', title: 'iperf3, the guest connects and receives', ...megabits},
	{name: 'forward-receive', part: 'net', title: 'iperf3 through a forward, the guest receives', ...megabits},
	{name: 'forward-send', part: 'net', title: 'iperf3 through a forward, the guest sends', ...megabits},
	{name: 'forward-connections', part: 'net', title: 'connections through a forward, nginx, 16 at once', ...operations},
	{name: 'forward-requests', part: 'net', title: 'requests in 16 kept connections, nginx', ...operations},
]

/** @returns by name, in the figures' units: the lines `io NAME VALUE` of the guest's console. */
export function parseIoFigures(console: string): Record<string, number> {
	const found = new Map(
		[...console.matchAll(/^io (\S+) ([\d.]+)\s*$/gm)].map(([, name, value]) => [name, Number(value)]),
	)
	return Object.fromEntries(
		ioFigures.flatMap(({name, per}) => (found.get(name) ? [[name, found.get(name)! * per]] : [])),
	)
}
