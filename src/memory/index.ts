/** The shared memory: its map, shared structs, guest RAM. */
export * from './atomic-operation.ts'
export * from './guest-pages.ts'
export * from './guest-ram.ts'
export * from './page.ts'
export * from './shared-memory.ts'
export * from './shared-struct.ts'
export * from './vcpu-words.ts'
export * from './word-pair.ts'
