/** Records as measurements would leave them, with figures that are made up. */
import type {amounts} from '../../../src/bench/flush/design-data.ts'
import {partNames} from '../../../src/bench/flush/parts.ts'
import {makePlan, type Plan, type Run} from '../../../src/bench/flush/plan.ts'
import {type FlushRecord, type Measurement, schemaVersion} from '../../../src/bench/flush/record.ts'
import {randomSource} from '../../../src/bench/statistics.ts'
import {tlbKeys} from '../../../src/tlb/index.ts'

export const fakePlan = (amount: keyof typeof amounts = 'whole'): Plan =>
	makePlan({amount, parts: partNames, qemus: [{file: '/usr/bin/qemu-system-riscv64', version: '7.2.22'}], seed: 1})

export function fakeRecord(plan: Plan = fakePlan(), change: Partial<FlushRecord> = {}): FlushRecord {
	const random = randomSource(7)
	return {
		schema: schemaVersion,
		command: 'manyhart bench flush',
		date: '2026-11-29T10:00:00.000Z',
		manyhart: '0.1.0',
		node: 'v26.10.0',
		host: 'linux, x64, 2 cores',
		guest: "Debian's kernel 6.12",
		amount: 'whole',
		parts: [...partNames],
		seed: 1,
		defaults: Object.fromEntries(Object.entries(tlbKeys).map(([field, key]) => [field, key.default])),
		state: 'complete',
		planned: plan.runs.length,
		subjects: plan.subjects.map((subject) => ({...subject})) as FlushRecord['subjects'],
		measurements: plan.runs.map((run, index) => fakeMeasurement(run, 10 * index, random)),
		...change,
	}
}

function fakeMeasurement(run: Run, began: number, random: () => number): Measurement {
	const {kind, subject, harts, round} = run
	const noisy = (value: number) => value * (0.95 + 0.1 * random())
	// The same for a subject and a program in every round.
	const factor = (text: string) =>
		0.7 + 0.6 * randomSource([...text].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7))()
	const about = {kind, subject, harts, round, began, took: 9}
	switch (run.kind) {
		case 'cost': {
			const {log2Entries, fills} = run
			const costs = fills.map((filled) => {
				const bytes = subject.includes('clear')
					? 2 ** log2Entries
					: subject.includes('undo')
						? Math.min(filled, 512)
						: 64
				const flushing = noisy(300 + bytes * factor(subject))
				return {
					filled,
					flushing: Math.round(flushing),
					p90: Math.round(flushing * 1.4),
					clearing: subject.includes('swap') ? Math.round(noisy(4000 + 2 ** log2Entries)) : 0,
					poolDry: 0,
				}
			})
			return {...about, log2Entries, costs}
		}
		case 'boot':
			return {
				...about,
				bootSeconds: noisy(4 * factor(subject)),
				cpuSeconds: noisy(5),
				counters: countersOf(subject),
			}
		default: {
			const programs = run.programs.map((program) => [
				program,
				{seconds: noisy(0.3 * factor(program) * factor(subject + program)), check: 'ab'},
			])
			return {
				...about,
				programs: Object.fromEntries(programs),
				cpuSeconds: noisy(4),
				counters: countersOf(subject),
				...(!subject.startsWith('QEMU') && {latencies}),
			}
		}
	}
}

const countersOf = (subject: string): Readonly<Record<string, number>> =>
	subject.startsWith('QEMU')
		? {'qemu.full': 7, 'qemu.partial': 12_000, 'qemu.elided': 90_000}
		: {
				instructions: 5e9,
				'flushes.sfenceAll': 900,
				'flushes.satpWrite': 800,
				'spaces.hits': 600,
				swaps: 500,
				undone: 400,
				pageWalks: 300_000,
				...(subject.includes('statistics=') && {
					'misses.sampledOneIn': 1,
					'misses.cold': 40,
					'misses.conflict': 20,
					'misses.capacity': 10,
					'misses.flush.sfenceAll': 20,
					'misses.flush.satpWrite': 5,
					'misses.remapped': 5,
				}),
			}

const latencies = {
	'tlbPool.remoteFlushes.median': 60,
	'tlbPool.remoteFlushes.p99': 500,
	'rcu.latency.median': 90,
	'rcu.latency.p99': 900,
}
