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

test('where QEMU has PCI, flash and its configuration, reads give ones and writes nothing', (t) => {
	const {board} = createBoard()
	for (const gpa of [0x300_0000, 0x1010_0000, 0x2000_0000, 0x23ff_fffc, 0x3000_0000, 0x3fff_fffc]) {
		t.is(board.bus.write(gpa, 4, 0), 1)
		t.is(board.bus.read(gpa, 4), 0xffff_ffff)
		t.is(board.bus.read(gpa + 2, 2), 0xffff)
		t.is(board.bus.read(gpa + 3, 1), 0xff)
	}
	t.is(board.bus.read(0x1010_0018, 4), -1)
})
