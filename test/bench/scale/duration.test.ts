import test from 'ava'
import {durationForecast, estimate, estimateOfSlowest} from '../../../src/bench/scale/duration.ts'
import {defaultSmp, makePlan} from '../../../src/bench/scale/plan.ts'
import {scalings} from '../../../src/bench/scale/record.ts'
import {chooseWorkloads} from '../../../src/bench/scale/subjects.ts'
import {defaultRepeat} from '../../../src/main/command-line/laboratory.ts'
import {fakeEngines} from './fake-record.ts'

const subjects = await chooseWorkloads(['all'])
const cores = 2
const whole = makePlan({smp: defaultSmp(64, cores), repeat: defaultRepeat, scalings, engines: fakeEngines, subjects})

test('all workloads on two cores end within an hour, also if each uses all of its time', (t) => {
	const tasks = whole.reduce((sum, boot) => sum + boot.tasks.length, 0)
	const [likely, most] = [
		durationForecast({cores}).of(whole),
		whole.reduce((sum, boot) => sum + estimateOfSlowest(boot), 0),
	]
	t.log(`${whole.length} boots, ${tasks} runs: ${Math.round(likely / 60)} minutes, at most ${Math.round(most / 60)}`)
	t.true(likely < 50 * 60)
	t.true(most < 60 * 60)
})

test('what boots have taken corrects the forecast: of their kind, of their engine, of all', (t) => {
	const forecast = durationForecast({cores})
	const first = (engine: string, harts: number, system?: string) =>
		whole.find((boot) => boot.engine === engine && boot.harts === harts && boot.system === system)!
	const [ours, qemu] = fakeEngines.map(({id}) => id)
	const one = first(ours!, 1)
	forecast.finished(one, 3 * estimate(one, {cores}))
	for (const other of [one, first(ours!, 2), first(qemu!, 4), first(ours!, 1, 'bare')])
		t.is(Math.round(forecast.secondsOf(other)), Math.round(3 * estimate(other, {cores})), 'the host is slow')
	const two = first(qemu!, 4)
	forecast.finished(two, estimate(two, {cores}))
	t.is(Math.round(forecast.secondsOf(first(qemu!, 2))), Math.round(estimate(first(qemu!, 2), {cores})))
	t.is(Math.round(forecast.secondsOf(first(ours!, 2))), Math.round(3 * estimate(first(ours!, 2), {cores})))
})
