import {Worker} from 'node:worker_threads'
import test from 'ava'
import {boardMap, MainDoorbell} from '../../src/board/index.ts'
import {Mip} from '../../src/memory/index.ts'
import {patience} from '../support/patience.ts'
import {createBoard} from './support.ts'

const Register = {data: 0, ier: 1, iir: 2, fcr: 2, lcr: 3, mcr: 4, lsr: 5, msr: 6, scratch: 7} as const
const ringBytes = 65_536
const claimRegister = boardMap.plic.base + 0x20_1004

function createUart() {
	const machine = createBoard()
	const {board} = machine
	board.bus.write(boardMap.plic.base + boardMap.uart.irq * 4, 4, 1)
	board.bus.write(boardMap.plic.base + 0x2000 + 0x80, 4, 1 << boardMap.uart.irq)
	return {
		...machine,
		read: (register: keyof typeof Register) => board.bus.read(boardMap.uart.base + Register[register], 1),
		write: (register: keyof typeof Register, value: number) =>
			board.bus.write(boardMap.uart.base + Register[register], 1, value),
		output: () => Buffer.concat(board.console.read()).toString(),
		interrupt: () => (machine.pending(0) & Mip.SEIP) !== 0,
	}
}

test('output of the guest reaches the console, and only the first byte wakes the main thread', (t) => {
	const {board, write, output} = createUart()
	write('data', 0x68)
	t.is(board.control.takeMain(), MainDoorbell.consoleOutput)
	write('data', 0x69)
	t.is(board.control.takeMain(), 0)
	t.is(output(), 'hi')
	write('data', 0x21)
	t.is(board.control.takeMain(), MainDoorbell.consoleOutput)
	t.is(output(), '!')
})

test('Linux finds a 16550A: FIFOs, scratch, loopback of the modem lines, four interrupt enables', (t) => {
	const {read, write} = createUart()
	t.is(read('lsr'), 0x60)
	t.is(read('iir'), 0x01)
	write('fcr', 1)
	t.is(read('iir'), 0xc1)
	write('fcr', 0)
	t.is(read('iir'), 0x01)
	write('scratch', 0xa5)
	t.is(read('scratch'), 0xa5)
	write('ier', 0xff)
	t.is(read('ier'), 0x0f)
	write('ier', 0)
	t.is(read('msr'), 0xb0)
	write('mcr', 0x10 | 0x0a)
	t.is(read('msr') & 0xf0, 0x90)
	write('lcr', 0x80)
	write('data', 0x34)
	write('ier', 0x12)
	t.is(read('data'), 0x34)
	t.is(read('ier'), 0x12)
	write('lcr', 3)
	t.is(read('ier'), 0)
	t.is(read('lcr'), 3)
})

test('enabling the transmitter-empty interrupt raises it each time, and reading IIR clears it', (t) => {
	const {read, write, interrupt} = createUart()
	write('ier', 2)
	t.true(interrupt())
	t.is(read('iir'), 0x02)
	t.false(interrupt())
	t.is(read('iir'), 0x01)
	write('ier', 2)
	t.false(interrupt())
	write('ier', 0)
	write('ier', 2)
	t.true(interrupt())
	t.is(read('iir'), 0x02)
	write('data', 0x41)
	t.true(interrupt())
	write('ier', 0)
	t.false(interrupt())
})

test('typed bytes interrupt until they are read, and below the trigger count as a timeout', (t) => {
	const {board, read, write, interrupt} = createUart()
	write('fcr', 0x81)
	write('ier', 1)
	board.console.write(Buffer.from('ls'))
	t.true(interrupt())
	t.is(read('iir'), 0xcc)
	t.is(read('lsr') & 1, 1)
	t.is(read('data'), 0x6c)
	t.true(interrupt())
	t.is(read('data'), 0x73)
	t.false(interrupt())
	t.is(read('lsr') & 1, 0)
	t.is(read('data'), 0)
	board.console.write(Buffer.from('12345678'))
	t.is(read('iir'), 0xc4)
})

/** A handler in the style of xv6: it claims, looks at LSR, reads what there is, writes what it has, completes; IIR it never reads. */
function serve({board, read, write}: ReturnType<typeof createUart>, pending: number[]): string {
	const irq = board.bus.read(claimRegister, 4)
	let received = ''
	if (irq === 0) return received
	while (read('lsr') & 1) received += String.fromCharCode(read('data'))
	const [byte] = read('lsr') & 0x20 ? pending.splice(0, 1) : []
	if (byte !== undefined) write('data', byte)
	board.bus.write(claimRegister, 4, irq)
	return received
}

test('a driver that never reads IIR gets one interrupt for each byte that it sends, and then none', (t) => {
	const uart = createUart()
	const {write, interrupt, output} = uart
	write('fcr', 7)
	write('ier', 3)
	const letters = [...Buffer.from('one interrupt each')]
	let interrupts = 0
	for (; interrupt(); interrupts++) {
		if (interrupts > 100) return t.fail('a storm')
		serve(uart, letters)
	}
	// The first is that of the write to IER.
	t.is(interrupts, 19)
	t.is(output(), 'one interrupt each')
	write('data', 0x21)
	t.true(interrupt())
	serve(uart, letters)
	t.false(interrupt())
})

test('a byte that comes while such a driver serves an interrupt interrupts again', (t) => {
	const uart = createUart()
	const {board, write, read, interrupt} = uart
	write('ier', 3)
	serve(uart, [])
	t.false(interrupt())
	board.console.write(Buffer.from('a'))
	t.true(interrupt())
	t.is(board.bus.read(claimRegister, 4), boardMap.uart.irq)
	t.is(read('data'), 0x61)
	t.is(read('lsr') & 1, 0)
	board.console.write(Buffer.from('b'))
	board.bus.write(claimRegister, 4, boardMap.uart.irq)
	t.true(interrupt())
	t.is(serve(uart, []), 'b')
})

test('a driver that reads one byte of several at each interrupt is interrupted for the rest', (t) => {
	const {board, write, read, interrupt} = createUart()
	write('ier', 1)
	board.console.write(Buffer.from('xyz'))
	let typed = ''
	for (; interrupt() && typed.length < 9; ) {
		board.bus.read(claimRegister, 4)
		typed += String.fromCharCode(read('data'))
		board.bus.write(claimRegister, 4, boardMap.uart.irq)
	}
	t.is(typed, 'xyz')
})

test('clearing the FIFOs loses no input', (t) => {
	const {board, read, write} = createUart()
	board.console.write(Buffer.from('x'))
	write('fcr', 7)
	t.is(read('data'), 0x78)
})

/** Linux 6.12, serial8250_do_startup(), as far as it concerns the receiver. @returns what it throws away. */
function openAsLinux({read, write}: Pick<ReturnType<typeof createUart>, 'read' | 'write'>): number[] {
	const thrownAway: number[] = []
	const clear = () => {
		read('lsr')
		thrownAway.push(read('data'))
		read('iir')
		read('msr')
	}
	for (const value of [1, 7, 0]) write('fcr', value)
	clear()
	// Is there a UART? Is its transmitter empty? Does the interrupt work?
	read('lsr')
	read('lsr')
	for (const value of [2, 0, 2, 0]) write('ier', value)
	write('lcr', 3)
	write('mcr', 9)
	write('ier', 2)
	read('lsr')
	read('iir')
	write('ier', 0)
	clear()
	write('ier', 0x0d)
	for (const value of [1, 0x81]) write('fcr', value)
	write('mcr', 0x0b)
	return thrownAway
}

test('what is typed before Linux opens the port, or after it closed it, reaches who opens it next', (t) => {
	const uart = createUart()
	uart.board.console.write(Buffer.from('early'))
	t.deepEqual(openAsLinux(uart), [0, 0])
	const receive = (count: number) => Buffer.from(Array.from({length: count}, () => uart.read('data'))).toString()
	t.true(uart.interrupt())
	t.is(receive(5), 'early')
	uart.board.console.write(Buffer.from('between'))
	// serial8250_do_shutdown()
	uart.write('ier', 0)
	uart.write('mcr', 0)
	for (const value of [1, 7, 0]) uart.write('fcr', value)
	t.is(uart.read('data'), 0)
	t.deepEqual(openAsLinux(uart), [0, 0])
	t.is(receive(7), 'between')
})

test('a driver that polls with the FIFO disabled hears what is typed', (t) => {
	const {board, read, write} = createUart()
	board.console.write(Buffer.from('x'))
	write('fcr', 1)
	write('fcr', 0)
	let polls = 1
	while (!(read('lsr') & 1)) if (polls++ > 100) break
	t.true(polls < 100)
	t.is(read('data'), 0x78)
})

test('a driver that drops RTS hears nothing until it asserts it again, and nothing is lost', (t) => {
	const {board, read, write, interrupt} = createUart()
	write('fcr', 1)
	write('ier', 1)
	board.console.write(Buffer.from('abc'))
	// Drivers that never assert RTS do not use it.
	t.is(read('data'), 0x61)
	write('mcr', 0x0b)
	t.is(read('data'), 0x62)
	write('mcr', 0x09)
	t.false(interrupt())
	t.is(read('lsr') & 1, 0)
	t.is(read('data'), 0)
	// Firmware that polls beside a driver of the port.
	write('ier', 0)
	t.is(read('lsr') & 1, 1)
	write('ier', 1)
	write('mcr', 0x0b)
	t.true(interrupt())
	t.is(read('data'), 0x63)
})

test('in loopback the transmitter feeds the receiver, up to a FIFO, and the console sees nothing', (t) => {
	const {read, write, output, interrupt} = createUart()
	write('fcr', 1)
	write('mcr', 0x10)
	write('ier', 4)
	for (let byte = 0; byte < 17; byte++) write('data', byte)
	t.true(interrupt())
	t.is(read('iir') & 0x0f, 0x06)
	t.is(read('lsr'), 0x63)
	t.is(read('lsr'), 0x61)
	t.false(interrupt())
	t.deepEqual(
		Array.from({length: 16}, () => read('data')),
		Array.from({length: 16}, (_, index) => index),
	)
	t.is(output(), '')
})

test('a full ring clears THRE, and draining it interrupts a waiting driver', (t) => {
	const {board, read, write, output, interrupt} = createUart()
	write('ier', 2)
	const chunk = new Uint8Array(ringBytes - 16).fill(0x2e)
	t.is(board.uart.putConsole(chunk), chunk.length)
	t.is(read('lsr') & 0x60, 0x60)
	for (let byte = 0; byte < 16; byte++) write('data', 0x2b)
	t.is(read('lsr') & 0x60, 0)
	t.is(read('iir'), 0x01)
	t.false(interrupt())
	t.is(board.uart.putConsole(new Uint8Array(8)), 0)
	const drained = output()
	t.is(drained.length, ringBytes)
	t.is(drained.slice(-17), `.${'+'.repeat(16)}`)
	t.true(interrupt())
	t.is(read('lsr') & 0x60, 0x60)
})

test('input that does not fit waits, and the main thread is told when there is room', (t) => {
	const {board} = createUart()
	const typed = new Uint8Array(20_000).map((_, index) => index)
	board.console.write(typed)
	const first = board.uart.getConsole(4096)
	t.is(board.control.takeMain(), MainDoorbell.consoleInput)
	board.console.pump()
	const rest = board.uart.getConsole(100_000)
	t.deepEqual(Buffer.concat([first, rest]), Buffer.from(typed))
})

test('SBI and registers share both rings', (t) => {
	const {board, read, write, output} = createUart()
	board.uart.putConsole(Buffer.from('ab'))
	write('data', 0x63)
	t.is(output(), 'abc')
	board.console.write(Buffer.from('xyz'))
	t.is(Buffer.from(board.uart.getConsole(2)).toString(), 'xy')
	t.is(read('data'), 0x7a)
})

test('SBI leaves room for a byte of a hart that has found the transmitter ready', (t) => {
	const {board, read, write} = createUart()
	t.truthy(read('lsr') & 0x20)
	const sent = board.uart.putConsole(new Uint8Array(1_000_000).fill(0x42))
	t.is(board.uart.putConsole(Uint8Array.of(0x42)), 0)
	write('data', 0x41)
	const bytes = board.console.read().flatMap((piece) => [...piece])
	t.is(bytes.length, sent + 1)
	t.is(bytes.at(-1), 0x41)
})

test('two threads that print at once, faster than the console is read, lose no byte', async (t) => {
	const {memory, board} = createUart()
	const bytesEach = 100_000
	const workers = [0x41, 0x42].map(
		(byte, hart) =>
			new Worker(new URL('uart-printer.ts', import.meta.url), {
				workerData: {memory: memory.memory, map: memory.map, byte, hart, count: bytesEach},
			}),
	)
	const counts = new Map<number, number>()
	const deadline = Date.now() + patience
	let total = 0
	// If a byte is lost, the threads have ended while this one still waits.
	const keepAlive = setInterval(() => {}, 1000)
	while (total < 2 * bytesEach && Date.now() < deadline) {
		await board.control.mainWait(1000)
		for (const piece of board.console.read()) {
			total += piece.length
			for (const byte of piece) counts.set(byte, (counts.get(byte) ?? 0) + 1)
		}
	}
	clearInterval(keepAlive)
	await Promise.all(workers.map((worker) => worker.terminate()))
	t.deepEqual([...counts].sort(), [
		[0x41, bytesEach],
		[0x42, bytesEach],
	])
})

test('input reaches harts that poll the UART: the main thread waits for no lock, and misses no release', async (t) => {
	const {memory, board} = createUart()
	const typed = new Uint8Array(100_000).map((_, index) => index)
	const workers = [0, 1].map(
		(hart) =>
			new Worker(new URL('uart-reader.ts', import.meta.url), {
				workerData: {memory: memory.memory, map: memory.map, hart, count: typed.length},
			}),
	)
	const words = new Int32Array(memory.memory.buffer, memory.region('ram').offset, 2)
	let left = workers.length
	for (const worker of workers) {
		worker.on('exit', () => {
			left--
			board.control.ringMain(MainDoorbell.message)
		})
	}
	for (let at = 0; at < typed.length; at += 100) board.console.write(typed.subarray(at, at + 100))
	// Only bells move the input on: a bell that is missed is never made up for.
	const keepAlive = setInterval(() => {}, 1000)
	let refusals = 0
	while (left > 0) {
		const bells = await board.control.mainWait(patience)
		if (bells === 0) break
		if (bells & MainDoorbell.deviceLock) refusals++
		if (bells & (MainDoorbell.deviceLock | MainDoorbell.consoleInput)) board.console.pump()
	}
	clearInterval(keepAlive)
	await Promise.all(workers.map((worker) => worker.terminate()))
	t.log(`the lock was refused ${refusals} times`)
	t.is(Atomics.load(words, 0), typed.length)
	t.is(
		Atomics.load(words, 1),
		typed.reduce((sum, byte) => sum + byte, 0),
	)
})
