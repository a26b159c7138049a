/** Where a process's memory is: the resident parts of its mappings, told apart by what Linux says of them (proc(5), smaps). */

export type Mapping = Readonly<{
	start: number
	end: number
	permissions: string
	/** Empty: anonymous. */
	name: string
	/** Bytes. */
	resident: number
}>

export const parts = [
	'guest RAM',
	'decoded code of all harts',
	'TLB tables',
	'other shared memory',
	'heaps of V8',
	'malloc',
	'machine code',
	'program and libraries',
	'stacks and others',
] as const
export type Part = (typeof parts)[number]
export type MemoryParts = Readonly<Record<Part, number>>

const header = /^([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \d+ *(.*)$/
const kibibyte = 1024

/** @param smaps the contents of /proc/PID/smaps. */
export function readMappings(smaps: string): Mapping[] {
	const mappings: {-readonly [Field in keyof Mapping]: Mapping[Field]}[] = []
	for (const line of smaps.split('\n')) {
		const found = header.exec(line)
		if (found) {
			const [, start = '', end = '', permissions = '', name = ''] = found
			// Below 2^53: user space ends at 2^47 or 2^48.
			const range = {start: Number.parseInt(start, 16), end: Number.parseInt(end, 16)}
			mappings.push({...range, permissions, name, resident: 0})
		} else if (line.startsWith('Rss:')) mappings.at(-1)!.resident = kibibyte * Number.parseInt(line.slice(4), 10)
	}
	return mappings
}

/**
 * A mapping of which parts have other properties, such as huge pages, is listed in pieces.
 * @param size of the mapping that is looked for, in bytes. @returns the mappings with its pieces as one; as they are if it is not there.
 */
export function joinPieces(mappings: readonly Mapping[], size: number): readonly Mapping[] {
	for (const [first, {start}] of mappings.entries()) {
		let last = first
		const ends = () => mappings[last]!.end
		while (ends() - start < size && mappings[last + 1]?.start === ends()) last++
		if (ends() - start !== size) continue
		const pieces = mappings.slice(first, last + 1)
		const joined = {...pieces[0]!, end: ends(), resident: pieces.reduce((sum, piece) => sum + piece.resident, 0)}
		return [...mappings.slice(0, first), joined, ...mappings.slice(last + 1)]
	}
	return mappings
}

/** Sizes of glibc's arenas and of V8's pages, to which their addresses are aligned. */
const [arenaBytes, heapPageBytes] = [2 ** 26, 2 ** 18]

/**
 * What a mapping holds. Large objects of V8 lie at the same alignment as its pages.
 * @param options.shared bytes that the guest's memory takes at least. @param options.hasV8 QEMU has none.
 */
export function partOf(mapping: Mapping, {shared, hasV8}: Readonly<{shared: number; hasV8: boolean}>): Part {
	const {start, end, permissions, name} = mapping
	if (name === '[heap]') return 'malloc'
	if (name.startsWith('/')) return 'program and libraries'
	if (permissions.includes('x')) return name === '' ? 'machine code' : 'stacks and others'
	if (name !== '' || !permissions.startsWith('rw')) return 'stacks and others'
	if (end - start >= shared) return 'guest RAM'
	if (start % arenaBytes === 0 && end - start <= arenaBytes) return 'malloc'
	return hasV8 && start % heapPageBytes === 0 ? 'heaps of V8' : 'stacks and others'
}

/** @param resident bytes of each region of the shared memory, by name. @returns the parts that these are. */
export function sharedParts(resident: Readonly<Record<string, number>>): Partial<MemoryParts> {
	const {ram = 0, tlb = 0, 'code-caches': decoded = 0, ...others} = resident
	return {
		'guest RAM': ram,
		'decoded code of all harts': decoded,
		'TLB tables': tlb,
		'other shared memory': Object.values(others).reduce((sum, bytes) => sum + bytes, 0),
	}
}

/** @param split what stands for the mapping of the guest's memory. */
export function sumParts(
	mappings: readonly Mapping[],
	kind: Readonly<{shared: number; hasV8: boolean}>,
	split: (mapping: Mapping) => Partial<MemoryParts> = ({resident}) => ({'guest RAM': resident}),
): MemoryParts {
	const sums = Object.fromEntries(parts.map((part) => [part, 0])) as Record<Part, number>
	for (const mapping of mappings) {
		const part = partOf(mapping, kind)
		const found = part === 'guest RAM' ? split(mapping) : {[part]: mapping.resident}
		for (const [name, bytes] of Object.entries(found)) sums[name as Part] += bytes
	}
	return sums
}
