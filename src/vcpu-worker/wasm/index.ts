/** WebAssembly bytes: a module builder and its instructions. */
export * from './code.ts'
export * from './module.ts'
export * from './opcodes.ts'
