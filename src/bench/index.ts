/** The laboratory: benchmark programs as guests, and what flushes cost. */
export * from './console-run.ts'
export * from './figures.ts'
export * from './guest-parameters.ts'
export * from './images.ts'
export * from './programs.ts'
export * from './qemu.ts'
export * from './qemu-command.ts'
export * from './qemu-flushes.ts'
