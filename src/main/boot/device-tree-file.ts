/** A device tree from --dtb: checked, and its /chosen changed for --append and --initrd. */
import {type Fdt, type FdtNode, readFdt, writeFdt} from '../../board/index.ts'
import {expected, UserError} from '../../errors.ts'
import {readBootFile} from './boot-file.ts'
import {mebibyte} from './ram-range.ts'

/** Linux maps only this much of it at first. */
const limit = {bytes: mebibyte, reason: 'what a kernel maps at first'}

export type Chosen = Readonly<{bootargs?: string; initrd?: Readonly<{start: number; end: number}>}>

export async function readDeviceTree(path: string): Promise<Uint8Array> {
	const {bytes} = await readBootFile('--dtb', path, limit)
	try {
		readFdt(bytes)
	} catch (error) {
		if (error instanceof UserError)
			throw new UserError(error.message.replace(/^Expected /, `Expected in --dtb ${path} `))
		throw error
	}
	return bytes
}

/** Linux, Documentation/devicetree/bindings/chosen. @returns the tree itself if there is nothing to change. */
export function withChosen(tree: Uint8Array, {bootargs, initrd}: Chosen): Uint8Array {
	const changes: Record<string, FdtNode['properties'][string]> = {
		...(bootargs !== undefined && {bootargs}),
		...(initrd && {'linux,initrd-start': address(initrd.start), 'linux,initrd-end': address(initrd.end)}),
	}
	if (Object.keys(changes).length === 0) return tree
	if (hasReservations(tree)) throw expected('--dtb without memory reservations where /chosen is to be changed', 'some')
	const root = toNode(readFdt(tree))
	const {children = []} = root
	const chosen = children.find((child) => child.name === 'chosen') ?? {name: 'chosen', properties: {}}
	const changed = {...chosen, properties: {...chosen.properties, ...changes}}
	return writeFdt({...root, children: [changed, ...children.filter((child) => child !== chosen)]})
}

function toNode({name, properties, children}: Fdt): FdtNode {
	return {name, properties: Object.fromEntries(properties), children: children.map(toNode)}
}

/** Two 32-bit cells, high word first. */
function address(gpa: number): number[] {
	return [Math.floor(gpa / 2 ** 32), gpa >>> 0]
}

/** Reservations are pairs of address and size, ended by a pair of zeros. Rewriting the tree would lose them. */
function hasReservations(tree: Uint8Array): boolean {
	const reservationsOffset = 16
	const view = new DataView(tree.buffer, tree.byteOffset, tree.byteLength)
	const at = view.getUint32(reservationsOffset)
	return at + 16 <= tree.length && (view.getBigUint64(at) !== 0n || view.getBigUint64(at + 8) !== 0n)
}
