/// <reference path="./comlink-node.d.ts" />
/** Comlink over Node's message ports. */
export {default as nodeEndpoint} from 'comlink/dist/esm/node-adapter.mjs'
