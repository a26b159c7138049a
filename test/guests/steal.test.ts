/** The guest that watches how long its harts are kept from running. */
import {availableParallelism} from 'node:os'
import test from 'ava'
import {RunDelay} from '../../src/vcpu-worker/run-delay.ts'
import {runGuest} from '../litmus/run.ts'
import {temporaryFile} from '../main/boot/boot-files.ts'
import {createMachine, readConsole} from '../main/test-machine.ts'
import {expectedOutput, outputDifference} from './guests.ts'
import {withParameters} from './parameters.ts'

const wanted = {anything: 0, something: 1, nothing: 2} as const
const crowd = availableParallelism() + 1
const whereCounted = new RunDelay().available && crowd <= 64 ? test : test.skip

whereCounted('of harts that compute on too few cores one at least is told of stolen time', async (t) => {
	const console = await runGuest(await withParameters('steal', [wanted.something]), {harts: crowd})
	t.is(outputDifference(console, await expectedOutput('steal')), undefined, console)
	t.log(/stolen: .*/.exec(console)?.[0])
})

test('in serial mode nothing is stolen, so that runs repeat', async (t) => {
	const kernel = await temporaryFile(t, await withParameters('steal', [wanted.nothing]))
	const run = async () => {
		const machine = await createMachine(t, {kernel, smp: 3, memory: 2 ** 28, serial: true, seed: 5})
		const console = readConsole(machine)
		t.deepEqual(await machine.run(), {reason: 'power-off', exitCode: 0})
		t.is(outputDifference(await console, await expectedOutput('steal')), undefined)
		return await machine.digest()
	}
	t.is(await run(), await run())
})
