/** Hostile drivers against the board's devices. A longer run: `npm run fuzz-board -- --seconds N`. */
import test from 'ava'
import {ramBase} from '../../src/memory/index.ts'
import {attachHostileMachine, clearSharedWords, createHostileMemory, ramBytes} from './board-machine.ts'
import {fuzzBoard} from './fuzz-board.ts'
import type {Figures} from './hostile-driver.ts'
import {useBoard} from './plain-driver.ts'

const enough = ({accesses, notifications, served}: Figures) => accesses > 10_000 && notifications > 100 && served > 0

for (const virtioMmioVersion of [1, 2] as const) {
	test.serial(
		`a board attacked by four threads at once still serves, and touches nothing but guest RAM and itself: virtio-mmio version ${virtioMmioVersion}`,
		async (t) => {
			const seed = Math.floor(Math.random() * 2 ** 32)
			t.log(`seed ${seed}`)
			const {failures, figures, epochs, grownMebibytes} = await fuzzBoard({seed, seconds: 4, virtioMmioVersion, enough})
			t.deepEqual(failures, [])
			t.true(enough(figures), JSON.stringify(figures))
			t.true(figures.longestMs < 10_000, `one attack took ${figures.longestMs} ms`)
			t.true(grownMebibytes < 256, `the process grew by ${grownMebibytes} MiB`)
			t.log(
				`${figures.accesses} accesses, ${figures.notifications} notifications, ${figures.served} of them served, ${epochs} epochs`,
			)
		},
	)
}

test('virtqueues work in all of a large guest RAM, also where offsets pass 31 bits', (t) => {
	const {memory, map} = createHostileMemory()
	for (const virtioMmioVersion of [1, 2] as const) {
		const machine = attachHostileMachine({memory, map, origin: process.hrtime(), virtioMmioVersion, hart: 0})
		for (const at of [ramBase, ramBase + 2 ** 31, ramBase + ramBytes - 0x4000]) {
			clearSharedWords(machine.memory)
			t.notThrows(() => useBoard(machine, {at}), at.toString(16))
		}
	}
})
