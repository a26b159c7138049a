/** Kills Manyhart at random moments while its guest writes to a qcow2 image, and looks at what is left. */
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import type {GuestParts} from '../../src/main/guests/index.ts'
import {withDisk} from '../disk/images.ts'
import {checkImage} from '../disk/qemu-img.ts'
import {Random} from '../hart/core/float-operands.ts'
import {entry} from '../main/manyhart-process.ts'

const blockBytes = 4096
/** Blocks that a run numbers at most. */
const runBlocks = 1000
/** The first of them, behind what is written beside them. */
const firstBlock = 16_384
/** Milliseconds after the first block until the kill, at most. */
const mostDelay = 2000

export type KillResult = Readonly<{
	/** Blocks of which the guest said that they are safe, in all runs so far. */
	safe: number
	/** Those of them that are not there. */
	lost: readonly number[]
	corruptions: number
	leaks: number
}>

/** Writes numbered blocks, each safe before it says so, and others beside them. */
const guestScript = (first: number) =>
	`n=${first}; while :; do printf %08d $n | dd of=/dev/vda bs=${blockBytes} seek=$n conv=notrunc,fsync 2>/dev/null; echo safe $n; ` +
	'dd if=/dev/urandom of=/dev/vda bs=64k seek=$((n * 7 % 1000)) count=2 conv=notrunc 2>/dev/null; n=$((n + 1)); done\n'

export class KillTest {
	readonly #file: string
	readonly #guest: GuestParts
	readonly #random: Random
	readonly #safe: number[] = []
	#runs = 0

	/** @param options.file a qcow2 image of 128 MiB. */
	constructor({file, guest, seed}: {file: string; guest: GuestParts; seed: number}) {
		this.#file = file
		this.#guest = guest
		this.#random = new Random(seed)
	}

	/** Boots, kills, checks. @throws if the guest does not come to write. */
	async run(): Promise<KillResult> {
		this.#runs++
		const {kernel, initrd} = this.#guest as {kernel: string; initrd: string}
		const machine = ['--smp', '2', '-m', '256M', '--kernel', kernel, '--initrd', initrd, '--append', 'quiet']
		const drive = ['--drive', `file=${this.#file},format=qcow2,discard=unmap`]
		const input = ['--input', guestScript(firstBlock + this.#runs * runBlocks)]
		const child = spawn(process.execPath, [entry, 'run', ...machine, ...drive, ...input], {
			stdio: ['ignore', 'pipe', 'inherit'],
		})
		const ended = once(child, 'exit')
		try {
			let text = ''
			let killer: NodeJS.Timeout | undefined
			for await (const chunk of child.stdout) {
				text += chunk
				if (killer === undefined && /^safe \d+/m.test(text))
					killer = setTimeout(() => child.kill('SIGKILL'), this.#random.below(mostDelay))
			}
			if (killer === undefined) throw new Error(`Expected the guest to write, got ${text}`)
			const safe = Array.from(text.matchAll(/^safe (\d+)\r?\n/gm), (match) => Number(match[1]))
			this.#safe.push(...safe.filter((block) => block < firstBlock + (this.#runs + 1) * runBlocks))
		} finally {
			child.kill('SIGKILL')
			await ended
		}
		const {corruptions, leaks} = await checkImage(this.#file)
		const lost = await withDisk({file: this.#file, format: 'qcow2', isReadOnly: true}, async (disk) => {
			const isLost = await Promise.all(
				this.#safe.map(async (block) => {
					const bytes = Buffer.alloc(512)
					await disk.read(block * blockBytes, bytes)
					return bytes.toString('latin1', 0, 8) !== String(block).padStart(8, '0')
				}),
			)
			return this.#safe.filter((_, index) => isLost[index])
		})
		return {safe: this.#safe.length, lost, corruptions, leaks}
	}
}
