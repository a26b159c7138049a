/**
 * Floating-point arithmetic in integers, as RISC-V's F and D extensions define it. Flags accrue in the hart's fflags.
 */
export * from './add'
export * from './classify'
export * from './compare'
export * from './convert-format'
export * from './convert-integer'
export * from './divide'
export * from './fused'
export * from './multiply'
export * from './square-root'
