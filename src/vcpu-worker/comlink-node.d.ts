/** Comlink has no declaration for its adapter to Node's message ports that resolution by `exports` would find. */
declare module 'comlink/dist/esm/node-adapter.mjs' {
	import type {MessagePort, Worker} from 'node:worker_threads'
	import type {Endpoint} from 'comlink'
	export default function nodeEndpoint(port: MessagePort | Worker): Endpoint
}
