/** Mistakes in virtqueues, in the service of disks, and in the order in which images are written. */
import type {Mutation} from './mutation.ts'

const queues = 'test/board/virtio/served-queues.test.ts'
const requests = 'test/io/block-handler.test.ts'
const order = 'test/disk/qcow2/order.test.ts'
const images = 'test/disk/qcow2/qcow2-image.test.ts'
const virtqueue = 'src/board/virtio/virtqueue.ts'
const chain = 'src/board/virtio/chain.ts'
const served = 'src/board/virtio/served-queues.ts'
const handler = 'src/io/block-handler.ts'
const image = 'src/disk/qcow2/qcow2-image.ts'

export const diskMutations: readonly Mutation[] = [
	{
		name: 'an overlay does not say what is behind it',
		file: 'src/disk/qcow2/create.ts',
		find: '	if (backing) writeBacking(start, backing)\n',
		replace: '',
		tests: ['test/disk/create-disk.test.ts'],
	},
	{
		name: 'a disk is used on top of another than its own',
		file: 'src/main/guests/guests.ts',
		find: 'own.base === join(base.folder, below.disk)',
		replace: 'own.base !== undefined',
		tests: ['test/main/guests/disk-guests.test.ts'],
	},
	{
		name: 'a queue that is empty does not ask for the next notification',
		file: virtqueue,
		find: '		Atomics.store(this.ram.memory.u16, this.#u16(event), taken)\n',
		replace: '',
		tests: [queues],
	},
	{
		name: 'the driver is told one chain late',
		file: virtqueue,
		find: 'return ((used - event - 1) & 0xffff) <',
		replace: 'return ((used - event - 2) & 0xffff) <',
		tests: [queues],
	},
	{
		name: 'an indirect table may lie outside guest RAM',
		file: chain,
		find: "	if (!ram.contains(gpa, length)) return broken('an indirect table is not in guest RAM')\n",
		replace: '',
		tests: [queues],
	},
	{
		name: 'after a reset buffers of former chains are accessed',
		file: served,
		find: '			if (this.#parts.epoch(queue) !== epoch) return false\n',
		replace: '',
		tests: [queues, requests],
	},
	{
		name: 'after a reset former chains are given back',
		file: served,
		find: 'return this.#parts.isLive(queue) && this.#parts.epoch(queue) === epoch',
		replace: 'return this.#parts.isLive(queue)',
		tests: [queues],
	},
	{
		name: 'a request may go beyond the end of the disk',
		file: handler,
		find: ' && position + length <= this.#parts.disk.size',
		replace: '',
		tests: [requests],
	},
	{
		name: 'a guessed raw image may be made one of another format',
		file: 'src/disk/raw-image.ts',
		find: 'if (this.#isProbed && position === 0',
		replace: 'if (!this.#isProbed && position === 0',
		tests: [requests],
	},
	{
		name: 'L2 tables are written before what they name is on the disk',
		file: image,
		find: '		if (this.#mapping.isDirty) await this.#file.sync()\n',
		replace: '',
		tests: [order],
	},
	{
		name: 'L2 tables are written before refcounts',
		file: image,
		find: '		await this.#refcounts.write()\n		// What L2 tables name, data and counts, is on the disk before they are.\n		if (this.#mapping.isDirty) await this.#file.sync()\n		await this.#mapping.writeTables()\n',
		replace: '		await this.#mapping.writeTables()\n		await this.#refcounts.write()\n',
		tests: [order],
	},
	{
		name: 'the rest of a new cluster is not copied from what was there',
		file: image,
		find: '		if (needsNone) return',
		replace: '		return',
		tests: [images],
	},
	{
		name: 'two writes allocate the same cluster',
		file: image,
		find: '&& !this.#allocating.has(cluster + index)\n',
		replace: '\n',
		tests: [images],
	},
	{
		name: 'a cluster of a snapshot is written in place',
		file: 'src/disk/qcow2/entries.ts',
		find: 'const isOwn = isOwned(entry)',
		replace: 'const isOwn = isOwned(entry) || entry[1] >= 0',
		tests: [images],
	},
	{
		name: 'an I/O worker may sleep before it has served a queue that was full',
		file: 'src/io/slot-server.ts',
		find: ' || this.#due > 0',
		replace: '',
		tests: ['test/io/slot-server.test.ts'],
	},
	{
		name: 'a queue that is always full leaves no turn to the event loop',
		file: 'src/io/slot-server.ts',
		find: '		setImmediate(() => {\n',
		replace: '		queueMicrotask(() => {\n',
		tests: ['test/io/slot-server.test.ts'],
	},
	{
		name: 'bells that ring all the time leave no turn to what is under way',
		file: 'src/io/bell-loop.ts',
		find: 'if (bits) await eventLoopTurn()',
		replace: 'if (bits) await undefined',
		tests: ['test/io/bell-loop.test.ts'],
	},
	{
		name: 'bells that ring all the time leave no turn to the event loop',
		file: 'src/io/bell-loop.ts',
		find: ' || rounds % mostRounds === 0',
		replace: '',
		tests: ['test/io/bell-loop.test.ts'],
	},
	{
		name: 'a slow disk holds its worker up again and again',
		file: 'src/pace.ts',
		find: '			this.#onPool = this.#next\n',
		replace: '',
		tests: ['test/pace.test.ts'],
	},
	{
		name: 'a sync that failed may succeed the next time',
		file: 'src/disk/image-file.ts',
		find: '			this.#lost = error as Error\n',
		replace: '			throw error\n',
		tests: ['test/disk/image-file.test.ts'],
	},
	{
		name: 'a write from before a reset may come last',
		file: 'src/io/block-handler.ts',
		find: '		if (older) await older\n',
		replace: '',
		tests: ['test/io/block-handler.test.ts'],
	},
]
