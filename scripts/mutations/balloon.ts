/** Mistakes in the balloon. */
import type {Mutation} from './mutation.ts'

const handler = 'src/io/balloon-handler.ts'
const pages = 'src/memory/host-pages.ts'
const tests = ['test/io/balloon-handler.test.ts']

export const balloonMutations: readonly Mutation[] = [
	{
		name: 'a page that is given up in part goes back whole',
		file: pages,
		find: 'const from = Math.ceil(offset / pageBytes) * pageBytes',
		replace: 'const from = Math.floor(offset / pageBytes) * pageBytes',
		tests,
	},
	{
		name: 'free pages are taken of a driver that reports none',
		file: handler,
		find: '(this.#parts.queues.features().accepted & BalloonFeature.pageReporting) !== 0',
		replace: 'true',
		tests,
	},
	{
		name: 'a page that the list has twice ends it',
		file: handler,
		find: 'else if (!last || last.gpa + last.length < gpa)',
		replace: 'else if (last && last.gpa + last.length > gpa) break\n\t\telse',
		tests,
	},
	{
		name: 'a long list of one page holds the event loop up',
		file: handler,
		find: '			await new Promise(setImmediate)\n		}\n	}\n\n	/** In pieces',
		replace: '		}\n	}\n\n	/** In pieces',
		tests,
	},
	{
		name: 'statistics stay with the device for ever',
		file: handler,
		find: '		this.#releaseStatistics()\n		if (this.#isStopping) return\n',
		replace: '		if (this.#isStopping) return\n',
		tests,
	},
	{
		name: 'the driver may write all of the configuration space',
		file: 'src/board/virtio/virtio-mmio.ts',
		find: '		if (at < from || at + bytes > to) return\n',
		replace: '		if (from === to) return\n',
		tests: ['test/board/virtio/served-queues.test.ts'],
	},
]
