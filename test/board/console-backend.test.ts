import test from 'ava'
import {createBoard} from './support.ts'

test('typed bytes are copied, wait while the UART is full, and are reported once it has taken all', (t) => {
	const {board} = createBoard()
	const typed = new Uint8Array(100_000).fill(0x61)
	const taken: string[] = []
	board.console.write(Uint8Array.of(0x41), () => taken.push('one'))
	board.console.write(typed, () => taken.push('many'))
	board.console.write(Uint8Array.of(0x42), () => taken.push('last'))
	typed.fill(0x62)
	t.deepEqual(taken, ['one'])
	let seen = ''
	for (let rounds = 0; seen.length < 100_002 && rounds < 100_002; rounds++) {
		seen += Buffer.from(board.uart.getConsole(64)).toString('latin1')
		board.console.pump()
	}
	t.is(seen, `A${'a'.repeat(100_000)}B`)
	t.deepEqual(taken, ['one', 'many', 'last'])
})
