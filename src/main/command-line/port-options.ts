/** `--chardev` and `--device virtserialport`: QEMU's spellings of the ports of virtio-console. */
import {stat} from 'node:fs/promises'
import {expected, UserError} from '../../errors.ts'
import type {PortOptions} from '../consoles.ts'
import {KeyValues} from './key-values.ts'
import {OutputFile} from './output-file.ts'
import {quoted} from './quantities.ts'

export type RawPortOptions = Readonly<{
	chardev?: readonly string[]
	device?: readonly string[]
}>

/** `replaces`: what the file had goes when the run begins. */
export type RunPort = PortOptions & Readonly<{replaces?: true}>

const bus = /^virtio-serial(?:-device)?(?:,|$)/
const port = /^virtserialport(?:,|$)/
/** Whether a --device is one of the bus or its ports. */
export const isPortDevice = (text: string): boolean => bus.test(text) || port.test(text)

/** Empties the files of those that replace what they had: once, for all machines of a run. @returns the ports. @throws UserError */
export async function beginPorts(ports: readonly RunPort[]): Promise<readonly PortOptions[]> {
	for (const {file, replaces} of ports) {
		if (!replaces) continue
		// A FIFO or a device has nothing, and whoever reads it would see its end.
		const found = await stat(file!).catch(() => undefined)
		if (found && !found.isFile()) continue
		await using _file = await OutputFile.open('--chardev file', file!)
	}
	return ports.map(({replaces: _, ...port}) => port)
}

type End = Pick<RunPort, 'socket' | 'file' | 'replaces'>

/** @returns the ports in the order in which the guest finds them. @throws UserError */
export function parsePorts({chardev = [], device = []}: RawPortOptions): RunPort[] {
	const ends = new Map<string, End>()
	for (const text of chardev) {
		const {id, end} = parseChardev(text)
		if (ends.has(id)) throw new UserError(`Duplicate ID '${id}' for chardev`)
		ends.set(id, end)
	}
	const buses = device.filter((text) => bus.test(text))
	if (buses.length > 1) throw expected('one --device virtio-serial-device, whose bus has all ports', quoted(buses[1]!))
	for (const text of buses)
		KeyValues.parse(text.replace(bus, ''), {option: '--device virtio-serial-device', known: ['id', 'max_ports']})
	const ports = device.filter((text) => port.test(text))
	if (ports.length > 0 && buses.length === 0)
		throw expected(`--device virtio-serial-device before ${quoted(ports[0]!)}, which is on its bus`, 'none')
	const taken = new Set<string>()
	return ports.map((text) => parsePort(text, {ends, taken}))
}

function parsePort(
	text: string,
	{ends, taken}: Readonly<{ends: ReadonlyMap<string, End>; taken: Set<string>}>,
): RunPort {
	const option = '--device virtserialport'
	const keys = KeyValues.parse(text.replace(port, ''), {
		option,
		known: ['chardev', 'name', 'id', 'bus'],
		refused: {nr: 'ports have numbers in the order in which they are given'},
	})
	const [id, name] = [keys.get('chardev'), keys.get('name')]
	if (!name) throw expected(`${option} with name=NAME, by which the guest finds it`, quoted(text))
	if (id === undefined) return {name}
	const end = ends.get(id)
	if (!end) throw expected(`${option} with chardev=ID of a --chardev`, quoted(text))
	if (taken.has(id)) throw expected('one --device for each --chardev', quoted(text))
	taken.add(id)
	return {name, ...end}
}

function parseChardev(text: string): Readonly<{id: string; end: End}> {
	const [kind = ''] = text.split(',', 1)
	const option = `--chardev ${kind}`
	const parse = (known: readonly string[], refused: Readonly<Record<string, string>> = {}) =>
		KeyValues.parse(text.slice(kind.length + 1), {option, known: ['id', ...known], refused})
	const idOf = (keys: KeyValues) => {
		const id = keys.get('id')
		if (!id) throw expected(`${option} with id=ID`, quoted(text))
		return id
	}
	const pathOf = (keys: KeyValues) => {
		const path = keys.get('path')
		if (!path) throw expected(`${option} with path=PATH`, quoted(text))
		return path
	}
	if (kind === 'null') return {id: idOf(parse([])), end: {}}
	if (kind === 'file') {
		const keys = parse(['path', 'append'])
		return {id: idOf(keys), end: {file: pathOf(keys), ...(!keys.flag('append', false) && {replaces: true})}}
	}
	if (kind !== 'socket') throw expected('--chardev socket, file or null', quoted(text))
	const network = 'a port has a Unix socket, by path=PATH'
	const keys = parse(['path', 'server', 'wait'], {host: network, port: network})
	if (!keys.flag('server', false)) throw expected(`${option} with server=on: others connect to it`, quoted(text))
	if (keys.flag('wait', true)) throw expected(`${option} with wait=off: the machine waits for nobody`, quoted(text))
	return {id: idOf(keys), end: {socket: pathOf(keys)}}
}
