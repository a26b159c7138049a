/** Many machines in one process: each gives its memory back when it is disposed of. */
import {spawn} from 'node:child_process'
import {join} from 'node:path'
import {text} from 'node:stream/consumers'
import test from 'ava'
import {guestBinary} from '../guests/guests.ts'
import {temporaryFile} from './boot/boot-files.ts'

const [inAll, atOnce] = [Number(process.env.TEST_MACHINES ?? 24), 8]
const gibibyte = 2 ** 30
const library = join(import.meta.dirname, '../../dist/index.js')

/** Keeps every machine, and what it was before it was disposed of. */
const script = `
	import {readFileSync} from 'node:fs'
	import {Machine} from ${JSON.stringify(library)}
	const addressSpace = () => Number(/^VmSize:\\s+(\\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1024
	const held = []
	async function use() {
		const kernel = ${JSON.stringify(guestBinary('hello'))}
		const machine = await Machine.create({smp: 1, memory: 2 ** 25, kernel, accel: 'interp'})
		await machine.run()
		const statistics = machine.statistics()
		const {pc} = await machine.registers(0)
		await machine[Symbol.asyncDispose]()
		held.push({machine, statistics, pc})
	}
	const before = addressSpace()
	let left = ${inAll}
	const take = async () => {
		while (left-- > 0) await use()
	}
	await Promise.all(Array.from({length: ${atOnce}}, take))
	// V8 unmaps pages on another thread.
	for (let tries = 0; addressSpace() - before > 8 * 2 ** 30 && tries < 20_000; tries++)
		await new Promise((resolve) => setTimeout(resolve, 10))
	const after = addressSpace()
	const json = (value) => JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? String(each) : each))
	let same = 0
	for (const {machine, statistics, pc} of held) {
		const registers = await machine.registers(0)
		if (json(machine.statistics()) === json(statistics) && registers.pc === pc && machine.deviceTree().length > 0) same++
	}
	console.log(JSON.stringify({same, taken: after - before}))
`

const onLinux = process.platform === 'linux' ? test : test.skip
onLinux(`${inAll} machines, ${atOnce} at once, take no address space once they are disposed of`, async (t) => {
	const file = await temporaryFile(t, script, 'script.mjs')
	const child = spawn(process.execPath, [file], {stdio: ['ignore', 'pipe', 'pipe']})
	const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
	t.is(stderr, '')
	const {same, taken} = JSON.parse(stdout)
	t.is(same, inAll)
	t.true(taken < 8 * gibibyte, `${taken / gibibyte} GiB`)
})
