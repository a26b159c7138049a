/** All tables of docs/benchmarks.md, in its order. */
import {UserError} from '../../../src/errors.ts'
import {bootCounters, churn, flush, footprint, lookup} from './costs.ts'
import {idle} from './idle.ts'
import {leads} from './leads.ts'
import {peers} from './peers.ts'
import {smp, smpLatency} from './smp.ts'
import {boot, codeStores, cpu, interpretedBoot, interpretedCpu, twoAtOnce} from './speeds.ts'
import type {Table} from './table.ts'

export const tables: readonly Table[] = [
	cpu,
	boot,
	twoAtOnce,
	smp,
	smpLatency,
	idle,
	codeStores,
	leads,
	interpretedCpu,
	interpretedBoot,
	bootCounters,
	footprint,
	flush,
	lookup,
	churn,
	peers,
]

const measurable = tables.filter(({commands}) => commands.length > 0)
export const measurableNames: readonly string[] = measurable.map(({name}) => name)

/** @param names separated by commas; undefined: all that a command measures. @throws UserError for another name. */
export function chooseTables(names: string | undefined): readonly Table[] {
	if (names === undefined) return measurable
	const asked = names.split(',')
	const unknown = asked.find((name) => !measurableNames.includes(name))
	if (unknown !== undefined)
		throw new UserError(`Expected --table to be one of ${measurableNames.join(', ')}, got ${unknown}`)
	return measurable.filter(({name}) => asked.includes(name))
}
