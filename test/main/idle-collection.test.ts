/** When a thread's garbage is collected: after work, once there is none, and only if there is much. */
import test from 'ava'
import {IdleCollection} from '../../src/main/idle-collection.ts'

const mebibyte = 2 ** 20

function thread() {
	const state = {used: 20 * mebibyte, collections: 0, refreshed: 0, timers: [] as (() => void)[]}
	const idle = new IdleCollection({
		used: () => state.used,
		collect: async () => {
			state.collections++
			state.used = 10 * mebibyte
		},
		later: (action) => {
			state.timers.push(action)
			return {refresh: () => void state.refreshed++}
		},
	})
	const timeOut = async () => {
		state.timers[0]!()
		await new Promise(setImmediate)
	}
	return {state, idle, timeOut}
}

test('garbage is collected when the thread has had nothing to do for a while, and not before', async (t) => {
	const {state, idle, timeOut} = thread()
	idle.worked()
	idle.worked()
	t.is(state.timers.length, 1)
	t.is(state.refreshed, 1, 'work puts it off')
	t.is(state.collections, 0)
	await timeOut()
	t.is(state.collections, 1)
})

test('little garbage is left alone', async (t) => {
	const {state, idle, timeOut} = thread()
	idle.worked()
	await timeOut()
	state.used += 3 * mebibyte
	idle.worked()
	await timeOut()
	t.is(state.collections, 1)
	state.used += 2 * mebibyte
	idle.worked()
	await timeOut()
	t.is(state.collections, 2)
})
