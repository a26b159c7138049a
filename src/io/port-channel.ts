/** A port whose other end is the main thread: messages between the two threads, never more than a bounded amount. */
import type {MessagePort} from 'node:worker_threads'
import type {PortBackend, PortLink} from './console-server.ts'

/** Bytes of the guest's on their way to the main thread. Then the guest waits until it has taken some. */
export const mostUnderWay = 2 ** 20

export type ToMain = Readonly<{kind: 'data'; bytes: Uint8Array} | {kind: 'opened'; isOpen: boolean}>
/** `taken`: so many bytes of the guest's are done with. */
export type FromMain = Readonly<{kind: 'data'; bytes: Uint8Array} | {kind: 'taken'; bytes: number}>

export class PortChannel implements PortBackend {
	readonly #link: PortLink
	readonly #port: MessagePort
	#underWay = 0
	/** A program has closed it, and none has opened it since. */
	#isLeft = false
	/** For the guest. The main thread bounds it: it sends what the other end gave it credit for. */
	#waiting: Uint8Array[] = []

	constructor(port: MessagePort, link: PortLink) {
		this.#link = link
		this.#port = port
		port.on('message', (message: FromMain) => this.#take(message))
		// The thread lives as long as its run() does.
		port.unref()
		link.connect(true)
	}

	receive(bytes: Uint8Array): boolean {
		this.#underWay += bytes.length
		this.#post({kind: 'data', bytes})
		return this.#underWay < mostUnderWay
	}

	opened(isOpen: boolean): void {
		// It was meant for the program that had the port open.
		if (!isOpen) this.#waiting = []
		this.#isLeft = !isOpen
		this.#post({kind: 'opened', isOpen})
		if (isOpen) this.ready()
	}

	ready(): void {
		for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
			const sent = this.#link.send(next)
			if (sent < next.length) {
				this.#waiting[0] = next.subarray(sent)
				return
			}
			this.#waiting.shift()
		}
	}

	close(): void {
		this.#port.close()
	}

	#take(message: FromMain): void {
		if (message.kind === 'data') {
			if (this.#isLeft) return
			this.#waiting.push(message.bytes)
			if (this.#waiting.length === 1) this.ready()
			return
		}
		this.#underWay -= message.bytes
		if (this.#underWay < mostUnderWay) this.#link.drained()
	}

	#post(message: ToMain): void {
		this.#port.postMessage(message)
	}
}
