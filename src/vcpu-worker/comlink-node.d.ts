/** Comlink ships its adapter for Node's message ports without a declaration that `exports`-aware resolution finds. */
declare module 'comlink/dist/esm/node-adapter.mjs' {
	import type {Endpoint} from 'comlink'
	import type {MessagePort, Worker} from 'node:worker_threads'
	export default function nodeEndpoint(port: MessagePort | Worker): Endpoint
}
