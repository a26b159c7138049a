/** Mistakes in ports of virtio-console and in commands: bytes lost, credit that is none, chains of a driver before a reset. */
import type {Mutation} from './mutation.ts'

const server = 'test/io/console-server.test.ts'
const commands = 'test/agent/guest-process.test.ts'
const control = 'test/main/agent/control-server.test.ts'
const consoleServer = 'src/io/console-server.ts'
const process = 'src/agent/guest-process.ts'
const stream = 'src/agent/byte-stream.ts'

export const portMutations: readonly Mutation[] = [
	{
		name: 'a port stays open over a reset',
		file: consoleServer,
		find: '			this.#setOpen(port, false)\n			if (isReady)',
		replace: '			if (isReady)',
		tests: [server],
	},
	{
		name: 'a port gets input before a program has it open',
		file: consoleServer,
		find: 'while (port?.isOpen && sent',
		replace: 'while (port && sent',
		tests: [server],
	},
	{
		name: 'an end that is full gets more',
		file: consoleServer,
		find: 'if (port.isFull || this.#isClosed || ',
		replace: 'if (this.#isClosed || ',
		tests: [server],
	},
	{
		name: 'what was written before a port was closed comes after',
		file: consoleServer,
		find: '		if (!isOpen) this.#transmit(port)\n',
		replace: '',
		tests: [server],
	},
	{
		name: 'a message is dropped when the driver has no buffer',
		file: consoleServer,
		find: '			this.#waiting.shift()\n',
		replace: '			this.#waiting = []\n',
		tests: [server],
	},
	{
		name: 'stdin is sent without credit',
		file: process,
		find: 'const piece = bytes.subarray(at, at + Math.min(mostData, this.#stdinCredit))',
		replace: 'const piece = bytes.subarray(at, at + mostData)',
		tests: [commands],
	},
	{
		name: 'credit adds up beyond the window',
		file: process,
		find: 'Math.min(stdinWindow, this.#stdinCredit + wordOf(frame))',
		replace: 'this.#stdinCredit + wordOf(frame)',
		tests: [commands],
	},
	{
		name: 'an agent may send more than it has credit for',
		file: stream,
		find: 'if (this.#held + this.#taken + bytes.length > streamWindow)',
		replace: 'if (bytes.length > streamWindow)',
		tests: [commands],
	},
	{
		name: 'credit is given before the reader has taken the bytes',
		file: stream,
		find: '		this.#held += bytes.length\n',
		replace: '		this.#options.credit(bytes.length)\n',
		tests: [commands],
	},
	{
		name: 'a reader that stops does not tell the command',
		file: stream,
		find: "if (!this.#isStopped && this.#end === 'open') this.#options.stopped()",
		replace: '',
		tests: [commands],
	},
	{
		name: 'a client may power the guest off',
		file: 'src/main/agent/control-server.ts',
		find: '	FrameType.abandon,\n])',
		replace: '	FrameType.abandon,\n	FrameType.powerOff,\n])',
		tests: [control],
	},
	{
		name: 'commands of a client that has gone run on',
		file: 'src/main/agent/control-server.ts',
		find: 'for (const session of sessions.values()) session.send(FrameType.abandon)',
		replace: 'sessions.clear()',
		tests: [control],
	},
	{
		name: 'a socket that nobody listens at keeps its name',
		file: 'src/main/agent/control-server.ts',
		find: 'if (!(await isAlive(path))) {',
		replace: 'if (!path) {',
		tests: [control],
	},
	{
		name: 'what the guest wrote last is lost where the end wants no more',
		file: 'src/io/console-server.ts',
		find: 'this.#transmitRest(port)\n',
		replace: 'this.#transmit(port)\n',
		tests: ['test/io/console-server.test.ts'],
	},
	{
		name: 'what was meant for a program that has left reaches the next one',
		file: 'src/io/port-channel.ts',
		find: '			if (this.#isLeft) return\n',
		replace: '',
		tests: ['test/io/port-channel.test.ts'],
	},
]
