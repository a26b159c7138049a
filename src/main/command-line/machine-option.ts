/** `--machine`: the board, with QEMU's properties of it. */
import {expected} from '../../errors.ts'
import {quoted} from './quantities.ts'

/** The properties that are taken; QEMU's board has them all. */
const properties: Readonly<Record<string, RegExp>> = {
	accel: /./s,
	dumpdtb: /./s,
	aclint: /^off$/,
	aia: /^none$/,
	graphics: /^off$/,
	usb: /^off$/,
	acpi: /^(?:on|off|auto)$/,
	'mem-merge': /^(?:on|off)$/,
	'dump-guest-core': /^(?:on|off)$/,
}

/** Properties that are options, too. */
export type MachineProperties = Readonly<{accel?: string; dumpdtb?: string}>

/** @example parseMachine('virt,accel=tcg') // {accel: 'tcg'}. @throws UserError */
export function parseMachine(text: string): MachineProperties {
	const [board = '', ...rest] = text.split(',')
	if (!/^(?:type=)?virt$/.test(board)) throw expected('--machine virt, the only board', quoted(text))
	const values = new Map(
		rest.map((property) => {
			const {key = property, value = 'on'} = /^(?<key>[\w-]+)=(?<value>.*)$/s.exec(property)?.groups ?? {}
			if (!properties[key]?.test(value))
				throw expected(
					`a property of --machine virt among accel=NAME, dumpdtb=FILE, aclint=off, aia=none, graphics=off, usb=off`,
					quoted(property),
				)
			return [key, value] as const
		}),
	)
	const [accel, dumpdtb] = [values.get('accel'), values.get('dumpdtb')]
	return {...(accel !== undefined && {accel}), ...(dumpdtb !== undefined && {dumpdtb})}
}
