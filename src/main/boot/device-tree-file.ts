/** A device tree from --dtb: checked, and its /chosen changed for --append and --initrd. */
import {type Fdt, type FdtNode, readFdt, readFdtExtras, trimFdt, writeFdt} from '../../board/index.ts'
import {UserError} from '../../errors.ts'
import {readBootFile} from './boot-file.ts'
import {withHartsOfThisMachine} from './harts-of-tree.ts'
import {mebibyte} from './ram-range.ts'

/** Linux maps only this much of it at first. */
const limit = {bytes: mebibyte, reason: 'what a kernel maps at first'}

export type Chosen = Readonly<{bootargs?: string; initrd?: Readonly<{start: number; end: number}>}>

export async function readDeviceTree(path: string): Promise<Uint8Array> {
	const {bytes} = await readBootFile('--dtb', path, limit)
	try {
		readFdt(bytes)
		const tree = trimFdt(bytes)
		readFdtExtras(tree)
		return tree
	} catch (error) {
		if (error instanceof UserError)
			throw new UserError(error.message.replace(/^Expected /, `Expected in --dtb ${path} `))
		throw error
	}
}

/**
 * Linux, Documentation/devicetree/bindings/chosen. The harts are told as they are here.
 * @returns the tree itself if there is nothing to change.
 */
export function withChosen(tree: Uint8Array, {bootargs, initrd}: Chosen): Uint8Array {
	const changes: Record<string, FdtNode['properties'][string]> = {
		...(bootargs !== undefined && {bootargs}),
		...(initrd && {'linux,initrd-start': address(initrd.start), 'linux,initrd-end': address(initrd.end)}),
	}
	const read = toNode(readFdt(tree))
	const root = withHartsOfThisMachine(read)
	if (root === read && Object.keys(changes).length === 0) return tree
	const {children = []} = root
	const chosen = children.find((child) => child.name === 'chosen') ?? {name: 'chosen', properties: {}}
	const changed = {...chosen, properties: {...chosen.properties, ...changes}}
	const others = children.filter((child) => child !== chosen)
	return writeFdt({...root, children: [changed, ...others]}, readFdtExtras(tree))
}

function toNode({name, properties, children}: Fdt): FdtNode {
	return {name, properties: Object.fromEntries(properties), children: children.map(toNode)}
}

/** Two 32-bit cells, high word first. */
function address(gpa: number): number[] {
	return [Math.floor(gpa / 2 ** 32), gpa >>> 0]
}
