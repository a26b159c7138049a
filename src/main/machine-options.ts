/** Checks the options of a machine, as a library's user gives them: each by its own name, and no others. */
import {inspect} from 'node:util'
import * as v from 'valibot'
import {maximumHarts} from '../board/index.ts'
import {diskFormats} from '../disk/index.ts'
import {expected, UserError} from '../errors.ts'
import {pageBytes} from '../memory/index.ts'
import {tlbKeys} from '../tlb/index.ts'
import type {BalloonOptions} from './balloon.ts'
import type {PortOptions} from './consoles.ts'
import type {DriveOptions} from './drives.ts'
import {leastTraceBytes, leastTraceRate, type MachineOptions, mostSeed} from './machine-interface.ts'
import type {ShareOptions} from './shares.ts'
import {accelerators, mostThreshold, refuseFormerFields} from './translation/index.ts'

const config = (what: string): v.Config<v.BaseIssue<unknown>> => ({
	message: ({input}) => `Expected ${what}, got ${shown(input)}`,
})
/** @param what for the message: `Expected ${what}, got …`. */
const required = <Schema extends v.GenericSchema>(what: string, schema: Schema) => v.config(schema, config(what))
const option = <Schema extends v.GenericSchema>(what: string, schema: Schema) => v.optional(required(what, schema))
const text = (name: string) => option(`${name} to be a string`, v.string())
const path = (name: string) => option(`${name} to be the path of a file`, v.pipe(v.string(), v.nonEmpty()))
const flag = (name: string) => option(`${name} to be true or false`, v.boolean())
const integer = (least: number, most = Number.MAX_SAFE_INTEGER) =>
	v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most))

const tlbFields = Object.fromEntries(
	Object.entries(tlbKeys).map(([field, {values}]) => {
		const names = Object.keys(values)
		return [field, option(`tlb.${field} to be ${names.join(' or ')}`, v.picklist(names))]
	}),
)

const drive = strict(
	{
		file: required('drives[].file to be the path of an image', v.pipe(v.string(), v.nonEmpty())),
		format: option(`drives[].format to be ${diskFormats.join(' or ')}`, v.picklist(diskFormats)),
		readOnly: flag('drives[].readOnly'),
		snapshot: flag('drives[].snapshot'),
		serial: text('drives[].serial'),
		discard: option('drives[].discard to be ignore or unmap', v.picklist(['ignore', 'unmap'])),
		cache: option(
			'drives[].cache to be writeback, writethrough or unsafe',
			v.picklist(['writeback', 'writethrough', 'unsafe']),
		),
	} satisfies Record<keyof DriveOptions, v.GenericSchema>,
	'a field of a drive',
)

const share = strict(
	{
		path: required('shares[].path to be the path of a folder', v.pipe(v.string(), v.nonEmpty())),
		tag: text('shares[].tag'),
		readOnly: flag('shares[].readOnly'),
		securityModel: option(
			'shares[].securityModel to be user, none or passthrough',
			v.picklist(['user', 'none', 'passthrough']),
		),
		multidevs: option('shares[].multidevs to be remap or forbid', v.picklist(['remap', 'forbid'])),
	} satisfies Record<keyof ShareOptions, v.GenericSchema>,
	'a field of a share',
)

const port = strict(
	{
		name: required('ports[].name to be a name', v.string()),
		socket: path('ports[].socket'),
		file: path('ports[].file'),
	} satisfies Record<keyof PortOptions, v.GenericSchema>,
	'a field of a port',
)

const balloon = strict(
	{
		freePageReporting: flag('balloon.freePageReporting'),
		deflateOnOom: flag('balloon.deflateOnOom'),
	} satisfies Record<keyof BalloonOptions, v.GenericSchema>,
	'a field of the balloon',
)

const fields = {
	smp: required(`smp from 1 to ${maximumHarts}`, integer(1, maximumHarts)),
	memory: required(`memory in bytes, a multiple of ${pageBytes}`, v.pipe(integer(pageBytes), v.multipleOf(pageBytes))),
	kernel: path('kernel'),
	initrd: path('initrd'),
	bios: path('bios'),
	dtb: path('dtb'),
	append: text('append'),
	virtioMmioVersion: option('virtioMmioVersion 1 or 2', v.picklist([1, 2])),
	serial: flag('serial'),
	seed: option(`seed from 0 to ${mostSeed}`, integer(0, mostSeed)),
	times: flag('times'),
	trace: path('trace'),
	traceBytes: option(`traceBytes of at least ${leastTraceBytes}`, integer(leastTraceBytes)),
	traceRate: option(`traceRate of at least ${leastTraceRate}`, integer(leastTraceRate, 2 ** 30)),
	drives: option('drives to be an array of disks', v.array(drive)),
	networks: option('networks to be an array of texts such as user,hostfwd=tcp::2222-:22', v.array(v.string())),
	shares: option('shares to be an array of folders', v.array(share)),
	agent: option('agent to be alone or beside', v.picklist(['alone', 'beside'])),
	ports: option('ports to be an array of ports', v.array(port)),
	balloon: v.optional(balloon),
	signal: option('signal to be an AbortSignal', v.instance(AbortSignal)),
	assets: option(
		'assets to be the path or the file URL of a folder',
		v.union([
			v.pipe(v.string(), v.nonEmpty()),
			v.pipe(
				v.instance(URL),
				v.check(({protocol}) => protocol === 'file:'),
			),
		]),
	),
	accel: option(`accel to be ${accelerators.join(' or ')}`, v.picklist(accelerators)),
	jitThreshold: option(`jitThreshold from 1 to ${mostThreshold}`, integer(1, mostThreshold)),
	jitSynchronous: flag('jitSynchronous'),
	jitBytes: option('jitBytes to be a whole number above 0', integer(1)),
	translationCache: option('translationCache to be the path of a folder', v.pipe(v.string(), v.nonEmpty())),
	tlb: v.optional(strict(tlbFields, 'a field of tlb')),
	countChains: flag('countChains'),
	dumpWasm: option('dumpWasm to be the path of a folder', v.pipe(v.string(), v.nonEmpty())),
	perfMap: flag('perfMap'),
} satisfies Record<keyof MachineOptions, v.GenericSchema>

const schema = strict(fields, "one of the machine's options")

/** An object with no other fields. */
function strict<Fields extends v.ObjectEntries>(entries: Fields, what: string) {
	const names = Object.keys(entries).join(', ')
	return v.strictObject(entries, ({input, expected: type}) =>
		type === 'never'
			? `Expected ${what} (${names}), got ${shown(input)}`
			: `Expected an object for ${what} (${names}), got ${shown(input)}`,
	)
}

/** @returns those that were given. @throws UserError for the first that is wrong, missing or unknown. */
export function checkMachineOptions(given: unknown): MachineOptions {
	if (typeof given !== 'object' || given === null) throw expected("an object with the machine's options", shown(given))
	refuseFormerFields(given)
	const result = v.safeParse(schema, {smp: undefined, memory: undefined, ...given}, {abortEarly: true})
	if (!result.success) throw new UserError(result.issues[0].message)
	if (result.output.seed !== undefined && !result.output.serial)
		throw expected('seed only with serial: true', shown(given))
	for (const name of ['traceBytes', 'traceRate'] as const)
		if (result.output[name] !== undefined && result.output.trace === undefined)
			throw expected(`${name} only with trace`, shown(given))
	const options = Object.entries(result.output).filter(([, value]) => value !== undefined)
	return Object.fromEntries(options) as unknown as MachineOptions
}

function shown(value: unknown): string {
	return inspect(value, {depth: 0, breakLength: Number.POSITIVE_INFINITY, maxStringLength: 80})
}
