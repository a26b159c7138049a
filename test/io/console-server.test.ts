import test from 'ava'
import {ControlQueue, consoleDevice, receiveQueue, transmitQueue} from '../../src/io/console-config.ts'
import {ControlEvent} from '../../src/io/console-server.ts'
import {needsReset} from '../board/virtio/queue-driver.ts'
import {consoleDriver} from './console-driver.ts'

test('the configuration space says how many ports there may be', (t) => {
	const {config, features} = consoleDevice({ports: 2, worker: 3})
	t.is(new DataView(config.buffer).getUint32(4, true), 3)
	t.is(features & 2, 2)
})

test('a driver that is ready is told of each port, of its name, and of who is at its end', (t) => {
	const driver = consoleDriver({ports: ['one', 'two']})
	driver.links[1]!.connect(true)
	driver.control(0, ControlEvent.deviceReady, 1)
	t.deepEqual(driver.messages(), [
		{port: 1, event: ControlEvent.portAdd, value: 1, name: ''},
		{port: 2, event: ControlEvent.portAdd, value: 1, name: ''},
	])
	driver.control(1, ControlEvent.portReady, 1)
	driver.control(2, ControlEvent.portReady, 1)
	driver.links[1]!.connect(false)
	// Nothing new.
	driver.links[0]!.connect(false)
	t.deepEqual(driver.messages(), [
		{port: 1, event: ControlEvent.portName, value: 1, name: 'one'},
		{port: 2, event: ControlEvent.portName, value: 1, name: 'two'},
		{port: 2, event: ControlEvent.portOpen, value: 1, name: ''},
		{port: 2, event: ControlEvent.portOpen, value: 0, name: ''},
	])
})

test('messages wait for buffers, and none is lost', (t) => {
	const driver = consoleDriver({ports: ['one', 'two', 'three'], controlBuffers: 1})
	driver.control(0, ControlEvent.deviceReady, 1)
	for (const port of [1, 2, 3]) {
		t.deepEqual(
			driver.messages().map((message) => message.port),
			[port],
		)
		driver.offerControl()
	}
	t.deepEqual(driver.messages(), [])
})

test('what the guest writes reaches the end of its port, and no other', (t) => {
	const driver = consoleDriver({ports: ['one', 'two']})
	driver.control(0, ControlEvent.deviceReady, 1)
	driver.write(2, Buffer.from('hello'))
	driver.write(2, Buffer.from(' there'))
	t.deepEqual(driver.got, ['', 'hello there'])
	t.is(driver.used(transmitQueue(2)), 2)
})

test('what comes for a program waits until one has the port open, and goes on where the buffers ended', (t) => {
	const driver = consoleDriver({ports: ['one']})
	driver.control(0, ControlEvent.deviceReady, 1)
	driver.offerInput(1, 8)
	t.is(driver.links[0]!.send(Buffer.from('0123456789ab')), 0)
	driver.control(1, ControlEvent.portOpen, 1)
	t.is(driver.events.at(-1), 'opened 1')
	t.is(driver.links[0]!.send(Buffer.from('0123456789ab')), 8)
	t.is(driver.links[0]!.send(Buffer.from('89ab')), 0)
	driver.offerInput(1, 8)
	t.is(driver.events.at(-1), 'ready 1')
	t.is(driver.links[0]!.send(Buffer.from('89ab')), 4)
	t.deepEqual(driver.input(1), ['01234567', '89ab'])
})

test('an end that wants no more holds the guest up, but no other port', (t) => {
	const driver = consoleDriver({ports: ['one', 'two'], isFull: [true, false]})
	driver.control(0, ControlEvent.deviceReady, 1)
	driver.write(1, Buffer.from('a'))
	driver.write(1, Buffer.from('b'))
	driver.write(2, Buffer.from('c'))
	t.deepEqual(driver.got, ['a', 'c'])
	t.is(driver.used(transmitQueue(1)), 1)
	driver.links[0]!.drained()
	t.deepEqual(driver.got, ['ab', 'c'])
})

test('a chain that is longer than what an end gets at once comes in pieces, whole and in order', async (t) => {
	const driver = consoleDriver({ports: ['one']})
	driver.control(0, ControlEvent.deviceReady, 1)
	const bytes = Buffer.from(Array.from({length: 200_000}, (_, at) => (at * 7) % 256))
	driver.write(1, bytes)
	t.true(Buffer.from(driver.got[0]!, 'latin1').equals(bytes))
})

test('a reset while a chain is half taken makes it void; the new driver begins with closed ports', (t) => {
	const driver = consoleDriver({ports: ['one'], isFull: [true]})
	driver.control(0, ControlEvent.deviceReady, 1)
	driver.control(1, ControlEvent.portOpen, 1)
	driver.write(1, Buffer.alloc(100_000, 'x'))
	t.is(driver.got[0]!.length, 65_536)
	driver.setUp()
	driver.links[0]!.drained()
	// No byte of the old chain, whose memory is the new driver's.
	t.is(driver.got[0]!.length, 65_536)
	driver.control(0, ControlEvent.deviceReady, 1)
	t.deepEqual(
		driver.events.filter((event) => /^(?:opened|closed)/.test(event)),
		['opened 1', 'closed 1'],
	)
	driver.offerInput(1, 8)
	t.is(driver.links[0]!.send(Buffer.from('x')), 0)
	driver.write(1, Buffer.from('new'))
	t.is(driver.got[0]!.slice(65_536), 'new')
})

test('what was written before a port was closed comes before its end', (t) => {
	const driver = consoleDriver({ports: ['one']})
	driver.control(0, ControlEvent.deviceReady, 1)
	driver.control(1, ControlEvent.portOpen, 1)
	driver.writeSilently(1, Buffer.from('last words'))
	driver.control(1, ControlEvent.portOpen, 0)
	t.deepEqual(driver.events.slice(-2), ['got 1', 'closed 1'])
})

test('messages that are too short, and buffers of the wrong kind, need a reset', (t) => {
	const short = consoleDriver({ports: ['one']})
	short.offerRaw(ControlQueue.transmit, {length: 7, access: 'device-reads'})
	t.is(short.status() & needsReset, needsReset)
	const wrong = consoleDriver({ports: ['one']})
	wrong.control(0, ControlEvent.deviceReady, 1)
	wrong.control(1, ControlEvent.portOpen, 1)
	wrong.offerRaw(receiveQueue(1), {length: 8, access: 'device-reads'})
	t.is(wrong.links[0]!.send(Buffer.from('x')), 0)
	t.is(wrong.status() & needsReset, needsReset)
})

test('messages for ports that are not there, and queues of such, are ignored', (t) => {
	const driver = consoleDriver({ports: ['one']})
	driver.control(0, ControlEvent.deviceReady, 1)
	driver.messages()
	driver.control(7, ControlEvent.portReady, 1)
	driver.control(0, ControlEvent.portOpen, 1)
	driver.control(0xffff_ffff, ControlEvent.portOpen, 1)
	driver.control(1, 99, 1)
	t.deepEqual(driver.messages(), [])
	driver.offerRaw(transmitQueue(0), {length: 8, access: 'device-reads'})
	t.is(driver.used(transmitQueue(0)), 1)
	t.deepEqual(driver.got, [''])
})

test('what the guest wrote last goes out before the end, however much, and also where the end wants no more', async (t) => {
	const driver = consoleDriver({ports: ['one', 'two'], isFull: [true, false]})
	driver.control(0, ControlEvent.deviceReady, 1)
	for (const text of ['a', 'b', 'c']) driver.write(1, Buffer.from(text))
	t.deepEqual(driver.got, ['a', ''])
	await driver.server.close()
	t.deepEqual(driver.got, ['abc', ''])
	t.deepEqual(driver.events.slice(-2), ['ended 1', 'ended 2'])
})
