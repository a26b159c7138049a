import test from 'ava'
import {boardMap, virtioSlot} from '../../src/board/index.ts'
import {createBoard} from './support.ts'

test('nothing answers between devices, in RAM, and beyond', (t) => {
	const {board} = createBoard()
	for (const gpa of [0, boardMap.bootRom.base, boardMap.rtc.base + 0x1000, 0x1000_0100, boardMap.ram.base, 2 ** 40]) {
		t.is(board.bus.read(gpa, 4), -1)
		t.is(board.bus.write(gpa, 4, 0), 0)
	}
})

test('a misaligned access, or one too narrow for the device, gets no answer', (t) => {
	const {board} = createBoard()
	t.is(board.bus.read(boardMap.plic.base + 2, 4), -1)
	t.is(board.bus.read(boardMap.plic.base, 1), -1)
	t.is(board.bus.write(boardMap.aclint.base, 2, 1), 0)
	t.is(board.bus.read(boardMap.uart.base + 5, 1), 0x60)
})

test('every empty virtio slot identifies itself and says that it has no device', (t) => {
	const {board} = createBoard()
	for (let slot = 1; slot < 8; slot++) {
		const {base} = virtioSlot(slot)
		t.is(board.bus.read(base, 4), 0x7472_6976)
		t.is(board.bus.read(base + 4, 4), 2)
		t.is(board.bus.read(base + 8, 4), 0)
	}
})
