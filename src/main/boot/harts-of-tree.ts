/**
 * The harts of a device tree from --dtb, told as they are here. QEMU dumps what its own CPU can do, and a kernel that reads
 * of an extension uses it: Debian's has Zbc compute checksums, and dies where there is none.
 */
import {type FdtNode, type FdtValue, virtExtensions} from '../../board/index.ts'

/** Parts of our extensions that have names of their own, and their sum. */
const otherNames = ['g', 'zmmul', 'zaamo', 'zalrsc', 'zca', 'zcd']
/** Modes, which older trees count among the letters. */
const modes = ['s', 'u']
const known: ReadonlySet<string> = new Set([...virtExtensions, ...otherNames, ...modes])

/** @returns the tree, with only those extensions of every hart that this machine has; the tree itself if it has no others. */
export function withHartsOfThisMachine(root: FdtNode): FdtNode {
	return mapNamed(root, 'cpus', (cpus) => mapNamed(cpus, 'cpu', narrow))
}

function narrow(cpu: FdtNode): FdtNode {
	const {'riscv,isa': isa, 'riscv,isa-extensions': extensions} = cpu.properties
	const narrowed: Record<string, FdtValue> = {}
	const string = texts(isa)[0]
	if (string !== undefined && narrowIsa(string) !== string) narrowed['riscv,isa'] = narrowIsa(string)
	const names = texts(extensions)
	const left = names.filter((name) => known.has(name))
	if (left.length < names.length) narrowed['riscv,isa-extensions'] = left
	return Object.keys(narrowed).length === 0 ? cpu : {...cpu, properties: {...cpu.properties, ...narrowed}}
}

/** For example `rv64imafdch_zicsr_zbc`. Devicetree binding riscv/extensions.yaml. A string of another form is left as it is. */
export function narrowIsa(isa: string): string {
	const [base = '', ...named] = isa.split('_')
	const letters = /^rv64([a-rt-wy]+[su]*)$/.exec(base)?.[1]
	if (letters === undefined) return isa
	const isKnown = (name: string) => known.has(name)
	return [`rv64${[...letters].filter(isKnown).join('')}`, ...named.filter(isKnown)].join('_')
}

/** @param value a property as it was read: texts, each ended by NUL. */
function texts(value: FdtValue | undefined): string[] {
	return value instanceof Uint8Array ? new TextDecoder().decode(value).split('\0').slice(0, -1) : []
}

/** @param name without the unit address. @returns the node itself if no child changes. */
function mapNamed(node: FdtNode, name: string, change: (child: FdtNode) => FdtNode): FdtNode {
	const {children = []} = node
	const changed = children.map((child) => (child.name.split('@')[0] === name ? change(child) : child))
	return changed.every((child, index) => child === children[index]) ? node : {...node, children: changed}
}
