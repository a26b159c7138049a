/** WebAssembly bytes: a module builder and its instructions. */
export * from './byte-writer.ts'
export * from './code.ts'
export * from './module.ts'
export * from './opcodes.ts'
