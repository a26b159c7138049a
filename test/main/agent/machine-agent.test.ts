import test from 'ava'
import {FrameType} from '../../../src/agent/index.ts'
import {MachineAgent} from '../../../src/main/agent/machine-agent.ts'
import {fakeAgent} from '../../agent/fake-agent.ts'
import {eventually} from '../../support/eventually.ts'
import {patience} from '../../support/patience.ts'

test.beforeEach((t) => t.timeout(patience))

const agentOf = ({connection}: ReturnType<typeof fakeAgent>) =>
	new MachineAgent({connection, mode: 'alone', shares: [], networks: []})

test('a signal that aborts rejects at once, before the agent is there', async (t) => {
	const agent = agentOf(fakeAgent())
	const [reason, controller] = [new Error('enough'), new AbortController()]
	const waiting = agent.exec(['true'], {signal: controller.signal})
	controller.abort(reason)
	t.is(await t.throwsAsync(waiting), reason)
	t.is(await t.throwsAsync(agent.exec(['true'], {signal: controller.signal})), reason)
})

test('a signal that aborts while the guest is set up rejects at once, and the next command runs', async (t) => {
	const guest = fakeAgent()
	const agent = agentOf(guest)
	guest.hello()
	const controller = new AbortController()
	const waiting = agent.exec(['one'], {signal: controller.signal})
	await eventually(() => guest.sent(FrameType.network).length === 1, 'the guest is set up')
	controller.abort()
	await t.throwsAsync(waiting, {name: 'AbortError'})
	t.deepEqual(guest.sent(FrameType.start), [])
	const next = agent.exec(['two'], {})
	guest.say(FrameType.reply, new Uint8Array(4))
	await next
	t.is(guest.sent(FrameType.start).length, 1)
	t.is(guest.sent(FrameType.network).length, 1)
})

test('a signal that has aborted is looked at before anything else', async (t) => {
	const agent = new MachineAgent({connection: undefined, mode: undefined, shares: [], networks: []})
	await t.throwsAsync(agent.exec(['true'], {}), {
		name: 'UserError',
		message: /^Expected a machine with the option agent/,
	})
	await t.throwsAsync(agent.exec(['true'], {signal: AbortSignal.abort()}), {name: 'AbortError'})
})
