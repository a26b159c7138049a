/** Plans and results that tests share. */
import {parseCampaign} from '../../src/campaign/file.ts'
import {makePlan, type Plan} from '../../src/campaign/plan.ts'
import type {Host, Outcome, PlannedRun, Result} from '../../src/campaign/run.ts'

export const someHost: Host = {
	...{platform: 'linux', arch: 'x64', release: '6.1', model: 'Some', cores: 4, memoryBytes: 2 ** 33, load: 0.5},
	...{name: 'one', node: 'v26.0.0'},
}

export const planOf = (text: string, build = 'build'): Plan => makePlan(parseCampaign(text, 'c.yaml'), build)

export function resultOf({id, run}: PlannedRun, change: Partial<Outcome> = {}): Result {
	const engine = {id: 'Manyhart 0.1.0', kind: 'manyhart', version: '0.1.0'} as const
	const figures = {operations: 16, seconds: 1 / run.harts, checksum: '00000000000000aa'}
	const outcome = {host: someHost, began: '2026-11-29T12:00:00.000Z', took: 1.5, engine, ...figures, ...change}
	return {id, run, outcome, worker: 'w', attempt: 1}
}
